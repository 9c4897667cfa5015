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
