"""Index writer: what an event of the lineage puts into the index."""

import sqlite3
from collections.abc import Iterable, Mapping

from dagster import EventLogRecord

from pipeline_defs.lineage.events import IMAGE, PULL_REHEARSAL
from pipeline_defs.lineage.stored_records import ends_in, facts_in, said_in
from pipeline_defs.release.lineage_lookup import names_of
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.quarantine import Quarantined, QuarantineEntry, apply
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal
from pipeline_defs.release.recovery import is_end_of
from pipeline_defs.release.version import sort_key

_Place = tuple[str, str]
_Barred = dict[str, Quarantined]


def write(index: sqlite3.Connection, events: Iterable[EventLogRecord], jobs: Mapping[str, str]) -> None:
    """Write the records that count, in the order in which they were stored, within the transaction that is open.

    `jobs` are those of the events' runs, {run id: job}, as far as there are such runs.
    """
    barred: dict[_Place, _Barred] = {}
    for event in events:
        entry = event.event_log_entry
        for key, fact in facts_in(entry, jobs.get(event.run_id)):
            if key == IMAGE and isinstance(fact, Image):
                _image(index, event.storage_id, fact)
            elif isinstance(fact, Rehearsal | Deployment) and key != PULL_REHEARSAL:
                _attempt(index, fact)
                _heed(index, barred, fact)
        for end in ends_in(entry):
            if is_end_of(end, _known(index, end)):
                _attempt(index, end)
                _heed(index, barred, end)
        for said in said_in(entry):
            if isinstance(said, QuarantineEntry):
                apply(said, _barred(index, barred, (said.app, said.environment)))
            else:
                _said(index, said)
    for place, found in barred.items():
        _write_barred(index, place, found)


def _said(index: sqlite3.Connection, said: Maintenance | PersonRun) -> None:
    place = (said.app, said.environment)
    if isinstance(said, PersonRun):
        index.execute(
            "INSERT OR REPLACE INTO person_run VALUES (?, ?, ?, ?)", (*place, said.id, said.model_dump_json())
        )
    else:
        index.execute("INSERT OR REPLACE INTO maintenance VALUES (?, ?, ?)", (*place, said.model_dump_json()))


def _heed(index: sqlite3.Connection, barred: dict[_Place, _Barred], fact: Rehearsal | Deployment) -> None:
    if isinstance(fact, Deployment) and fact.outcome is not Outcome.STARTED:
        apply(fact, _barred(index, barred, (fact.release.app, fact.environment)))


def _known(index: sqlite3.Connection, end: Deployment) -> Deployment | None:
    """What is known so far of the deployment whose end is told."""
    asked = "SELECT record FROM attempt WHERE app = ? AND environment = ? AND id = ? AND kind != 'rehearsal'"
    found = index.execute(asked, (end.release.app, end.environment, end.id)).fetchone()
    return Deployment.model_validate_json(found[0]) if found else None


def _image(index: sqlite3.Connection, stored: int, image: Image) -> None:
    index.execute("INSERT OR REPLACE INTO image VALUES (?, ?, ?)", (stored, image.app, image.model_dump_json()))
    _names(index, image, "", str(stored))


def _attempt(index: sqlite3.Connection, row: Deployment | Rehearsal) -> None:
    kind = "rehearsal" if isinstance(row, Rehearsal) else row.kind.value
    fleet = isinstance(row, Deployment) and bool(row.hosts)
    index.execute(
        "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.release.app,
            row.environment,
            row.id,
            kind,
            row.outcome.value,
            sort_key(row.release.version),
            fleet,
            row.model_dump_json(),
        ),
    )
    _names(index, row, row.environment, row.id)


def _names(index: sqlite3.Connection, fact: Image | Deployment | Rehearsal, environment: str, id_: str) -> None:
    app = fact.app if isinstance(fact, Image) else fact.release.app
    rows = [(app, kind, word, environment, id_) for kind, word in names_of(fact)]
    index.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?, ?, ?)", rows)


def _barred(index: sqlite3.Connection, known: dict[_Place, _Barred], place: _Place) -> _Barred:
    """What is quarantined in an environment so far, in its order; read once for all of these events."""
    if place not in known:
        rows = index.execute("SELECT record FROM quarantined WHERE app = ? AND environment = ? ORDER BY place", place)
        found = [Quarantined.model_validate_json(record) for (record,) in rows]
        known[place] = {each.digest: each for each in found}
    return known[place]


def _write_barred(index: sqlite3.Connection, place: _Place, found: _Barred) -> None:
    index.execute("DELETE FROM quarantined WHERE app = ? AND environment = ?", place)
    rows = [
        (*place, each.digest, number, each.overtaken_by is not None, each.model_dump_json())
        for number, each in enumerate(found.values())
    ]
    index.executemany("INSERT INTO quarantined VALUES (?, ?, ?, ?, ?, ?)", rows)
