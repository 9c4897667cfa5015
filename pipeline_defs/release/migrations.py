"""Migrations: which ones ran and how long each took, read from what the migration tool said."""

import re
from collections.abc import Sequence

from pipeline_defs.release.evidence import Migration

_UPGRADE = re.compile(r"Running upgrade (?P<before>.*?) ?-> (?P<after>[^,\s]+)")
"""Alembic's own line before each migration: https://alembic.sqlalchemy.org/en/latest/tutorial.html#running-our-first-migration"""


def read_migrations(lines: Sequence[tuple[float, str]], end: float) -> tuple[Migration, ...]:
    """The migrations that Alembic's lines tell of; none where another tool ran, or Alembic's logger is silent.

    Args:
        lines: what was said and when, in seconds of one clock, in order.
        end: when the tool had ended, by the same clock.

    A migration lasts until the next one begins, the last of them until the end.
    """
    found = [(at, match) for at, line in lines if (match := _UPGRADE.search(line))]
    ends = [*(at for at, _ in found[1:]), end]
    return tuple(
        Migration(before=match["before"].strip(), after=match["after"], seconds=round(max(0.0, until - at), 3))
        for (at, match), until in zip(found, ends, strict=False)
    )


def led(before: str | None, after: str | None, migrations: Sequence[Migration]) -> str:
    """Where migrations led, for people: `0001 -> 0003 in 1.4 s`; empty where nothing is known of them.

    Args:
        before, after: the database's revision before and afterwards, None where nobody can tell.
        migrations: each of them, where they can be told apart.
    """
    took = f" in {sum(each.seconds for each in migrations):.1f} s" if migrations else ""
    if migrations:
        before, after = before or migrations[0].before, after or migrations[-1].after
    if after is None:
        return ""
    if before == after:
        return f"none: the database is at {after} already"
    if before is None:
        return f"the database is at {after}"
    return f"{before or 'nothing'} -> {after}{took}"
