"""Writing: what an event of the lineage puts into the index."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from dagster import EventLogRecord

from pipeline_defs.ops.events import DEPLOYMENT, IMAGE, MAINTENANCE, QUARANTINE, REHEARSAL
from pipeline_defs.release.maintenance import Maintenance
from pipeline_defs.release.names import names_of
from pipeline_defs.release.quarantine import Quarantined, Word, heed
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal
from pipeline_defs.release.version import sort_key

_Place = tuple[str, str]
_Barred = dict[str, Quarantined]


def write(index: sqlite3.Connection, events: Iterable[EventLogRecord]) -> None:
    """Write events in the order in which they were stored, within the transaction that is open."""
    barred: dict[_Place, _Barred] = {}
    for event in events:
        what = event.asset_materialization or event.asset_observation
        metadata: Mapping[str, Any] = what.metadata if what else {}
        if IMAGE in metadata:
            _image(index, event.storage_id, Image.model_validate(metadata[IMAGE].value))
        if REHEARSAL in metadata:
            _attempt(index, Rehearsal.model_validate(metadata[REHEARSAL].value))
        if DEPLOYMENT in metadata:
            deployment = Deployment.model_validate(metadata[DEPLOYMENT].value)
            _attempt(index, deployment)
            if deployment.outcome is not Outcome.STARTED:
                heed(deployment, _barred(index, barred, (deployment.release.app, deployment.environment)))
        if QUARANTINE in metadata:
            word = Word.model_validate(metadata[QUARANTINE].value)
            heed(word, _barred(index, barred, (word.app, word.environment)))
        if MAINTENANCE in metadata:
            said = Maintenance.model_validate(metadata[MAINTENANCE].value)
            row = (said.app, said.environment, said.model_dump_json())
            index.execute("INSERT OR REPLACE INTO maintenance VALUES (?, ?, ?)", row)
    for place, found in barred.items():
        _write_barred(index, place, found)


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
