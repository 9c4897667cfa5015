"""Queries: what the index is asked, and the records it answers with. Everything is of the moment that is open."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

from pipeline_defs.lineage.index.counts import Count, Counts
from pipeline_defs.release.lineage_lookup import DIGEST, VERSION, Question, names_of
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.quarantine import Quarantined
from pipeline_defs.release.records import HELD, Deployment, Image, Outcome, Rehearsal

Attempt = Deployment | Rehearsal

_LOST = (
    "SELECT kind, record FROM attempt WHERE app = ? AND environment = ? AND outcome = 'failed' AND kind != 'rehearsal' "
    "AND id > coalesce((SELECT max(id) FROM attempt WHERE app = ? AND environment = ? AND outcome = 'succeeded' "
    "AND kind != 'rehearsal'), '') AND json_extract(record, '$.needs_person') ORDER BY id DESC LIMIT 1"
)
"""Since a release last succeeded: the newest attempt whose way back failed."""

_ATTEMPT = "SELECT kind, record FROM attempt WHERE app = ? AND environment = ?"


def attempts(index: sqlite3.Connection, app: str, environment: str, limit: int | None = None) -> list[Attempt]:
    """The last word on each attempt in an environment, newest first; at most `limit` of them."""
    return _attempts(index, f"{_ATTEMPT} ORDER BY id DESC LIMIT ?", app, environment, -1 if limit is None else limit)


def standing(index: sqlite3.Connection, app: str, environment: str, alive: Collection[str]) -> list[Attempt]:
    """Those attempts that say how an environment stands, newest first: the newest of all and the newest that was begun, the one whose
    release runs, those of the runs that go on, the newest that was held back and what overtook it, and the newest that tells
    of several hosts.
    """
    place = (app, environment)
    last = f"{_ATTEMPT} AND outcome = ? ORDER BY id DESC LIMIT 1"
    held_back = f"{_ATTEMPT} AND outcome IN ({_marks(HELD)}) ORDER BY id DESC LIMIT 1"
    runs = f"{_ATTEMPT} AND outcome = ? AND json_extract(record, '$.run') IN ({_marks(alive)})"
    held = _attempts(index, held_back, *place, *HELD)
    overtaking = f"{_ATTEMPT} AND kind = 'deploy' AND id > ? ORDER BY version DESC LIMIT 1"
    found = [
        *attempts(index, app, environment, limit=1),
        *_attempts(
            index,
            f"{_ATTEMPT} AND outcome NOT IN ({_marks(HELD)}) AND kind != 'rehearsal' ORDER BY id DESC LIMIT 1",
            *place,
            *HELD,
        ),
        *_attempts(index, _LOST, *place, *place),
        *_attempts(index, last.replace("ORDER", "AND kind != 'rehearsal' ORDER"), *place, Outcome.SUCCEEDED),
        *(_attempts(index, runs, *place, Outcome.STARTED, *alive) if alive else ()),
        *held,
        *(_attempts(index, overtaking, *place, held[0].id) if held else ()),
        *_attempts(index, f"{_ATTEMPT} AND fleet ORDER BY id DESC LIMIT 1", *place),
    ]
    return _newest_first(found)


def images(index: sqlite3.Connection, app: str) -> list[Image]:
    """Every image that was pushed for an app, newest first."""
    return _images(index, "SELECT record FROM image WHERE app = ? ORDER BY stored DESC", app)


def barred(index: sqlite3.Connection, app: str, environment: str, *, overtaken: bool) -> list[Quarantined]:
    """What is quarantined in an environment, newest first; with or without what a newer version has overtaken."""
    asked = "SELECT record FROM quarantined WHERE app = ? AND environment = ? AND overtaken <= ? ORDER BY place DESC"
    return [
        Quarantined.model_validate_json(record) for (record,) in index.execute(asked, (app, environment, overtaken))
    ]


def maintenance(index: sqlite3.Connection, app: str, environment: str) -> Maintenance | None:
    """The newest word on an environment's maintenance."""
    asked = "SELECT record FROM maintenance WHERE app = ? AND environment = ?"
    found = index.execute(asked, (app, environment)).fetchone()
    return Maintenance.model_validate_json(found[0]) if found else None


def person_runs(index: sqlite3.Connection, app: str, environment: str, limit: int) -> list[PersonRun]:
    """The last word on each command that a person ran in an environment, newest first; at most `limit` of them."""
    asked = "SELECT record FROM person_run WHERE app = ? AND environment = ? ORDER BY id DESC LIMIT ?"
    return [PersonRun.model_validate_json(record) for (record,) in index.execute(asked, (app, environment, limit))]


def places(index: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every app and environment of which there is a record, also those that no file names any more; an app's image has no environment."""
    found = index.execute("SELECT DISTINCT app, environment FROM attempt ORDER BY app, environment").fetchall()
    return [*found, *((app, "") for (app,) in index.execute("SELECT DISTINCT app FROM image ORDER BY app"))]


def counts(index: sqlite3.Connection) -> Counts:
    """How much there is of what is counted; of the tables' indexes alone, however much that is."""
    attempts = "SELECT app, environment, kind, outcome, count(*), max(id) FROM attempt GROUP BY app, environment, outcome, kind"
    barred = "SELECT app, environment, count(*) FROM quarantined WHERE overtaken = 0 GROUP BY app, environment"
    return Counts(
        tuple(Count(*row) for row in index.execute(attempts)),
        {(app, environment): number for app, environment, number in index.execute(barred)},
    )


def versions(index: sqlite3.Connection, app: str) -> list[str]:
    """Every version of an app that is known, in no order."""
    found = index.execute("SELECT DISTINCT word FROM name WHERE app = ? AND kind = ?", (app, VERSION))
    return [word for (word,) in found]


def about(index: sqlite3.Connection, app: str, asked: Iterable[Question]) -> tuple[list[Image], list[Attempt]]:
    """Everything that questions may be about: what has the name, and all that has the digest of such a one. Newest first."""
    found: dict[tuple[str, str], Image | Attempt] = {}
    for question in asked:
        found |= _named(index, app, question.kinds, question.first, question.last)
    digests = {word for fact in found.values() for kind, word in names_of(fact) if kind == DIGEST}
    for digest in digests:
        found |= _named(index, app, (DIGEST,), digest, digest)
    pushed = sorted((int(id_), fact) for (_, id_), fact in found.items() if isinstance(fact, Image))
    return [image for _, image in reversed(pushed)], _newest_first(
        fact for fact in found.values() if not isinstance(fact, Image)
    )


def _named(
    index: sqlite3.Connection, app: str, kinds: Collection[str], first: str, last: str
) -> dict[tuple[str, str], Image | Attempt]:
    """The records with a name between two, by environment and id."""
    asked = f"SELECT DISTINCT environment, id FROM name WHERE app = ? AND kind IN ({_marks(kinds)}) AND word BETWEEN ? AND ?"
    keys = index.execute(asked, (app, *kinds, first, last)).fetchall()
    found: dict[tuple[str, str], Image | Attempt] = {}
    for environment, id_ in keys:
        if environment:
            found[environment, id_] = _attempts(index, f"{_ATTEMPT} AND id = ?", app, environment, id_)[0]
        else:
            found[environment, id_] = _images(index, "SELECT record FROM image WHERE stored = ?", int(id_))[0]
    return found


def _attempts(index: sqlite3.Connection, asked: str, *values: Any) -> list[Attempt]:
    return [
        (Rehearsal if kind == "rehearsal" else Deployment).model_validate_json(record)
        for kind, record in index.execute(asked, values)
    ]


def _images(index: sqlite3.Connection, asked: str, *values: Any) -> list[Image]:
    return [Image.model_validate_json(record) for (record,) in index.execute(asked, values)]


def _newest_first(found: Iterable[Attempt]) -> list[Attempt]:
    return sorted(
        {(each.environment, each.id): each for each in found}.values(), key=lambda each: each.id, reverse=True
    )


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
