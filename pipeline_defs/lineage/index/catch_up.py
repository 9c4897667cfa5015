"""Catch up: the index brought up to what Dagster's storage holds now, and one moment of it."""

import heapq
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile

from dagster import DagsterEventType, DagsterInstance, EventLogRecord, EventRecordsFilter

from pipeline_defs.lineage.index.index_file import clear
from pipeline_defs.lineage.index.index_writer import write
from pipeline_defs.lineage.stored_records import jobs_of

_KINDS = (DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION)
_BATCH = 2000
_SETTLED = 60.0
"""Seconds after which an event is kept. PostgreSQL gives ids before it commits, so that a younger event may still get a neighbour
with a smaller one; what is younger than this is read each time and kept for that moment alone."""

_Position = tuple[int, str, float]
"""An event that was read last: its storage id, run and time, by which it is known again."""


@contextmanager
def moment(instance: DagsterInstance, index: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The index as it is after everything that is stored now. What is asked of it within the block is of one moment."""
    young = _caught_up(instance, index)
    index.execute("BEGIN IMMEDIATE" if young else "BEGIN")
    try:
        write(index, young, _jobs(instance, young))
        yield index
    finally:
        index.execute("ROLLBACK")


def _caught_up(instance: DagsterInstance, index: sqlite3.Connection) -> Sequence[EventLogRecord]:
    """Write all that has settled into the index, for good; the younger events are returned."""
    while True:
        positions = _positions(index)
        events = _following(instance, positions, _BATCH)
        if events is None:
            _begin_anew(index, positions)
        elif settled := list(takewhile(_has_settled, events)):
            _keep(index, positions, settled, _jobs(instance, settled))
        else:  # what comes after a young event is not kept either, however much it is
            return (_following(instance, positions, None) or ()) if events else ()


def _following(
    instance: DagsterInstance, positions: dict[DagsterEventType, _Position], limit: int | None
) -> list[EventLogRecord] | None:
    """The events after the positions, as they were stored; with a limit, up to where the shortest full page ends. None where an event
    that was read last is no longer there."""
    pages = [_page(instance, kind, positions.get(kind), limit) for kind in _KINDS]
    found = [page for page in pages if page is not None]
    if len(found) < len(pages):
        return None
    full = [page[-1].storage_id for page in found if len(page) == limit]
    merged = heapq.merge(*found, key=lambda event: event.storage_id)
    return [event for event in merged if not full or event.storage_id <= min(full)]


def _page(
    instance: DagsterInstance, kind: DagsterEventType, position: _Position | None, limit: int | None
) -> Sequence[EventLogRecord] | None:
    """The next events of a kind, of all assets; None where the one that was read last is no longer there.

    It is read again for that: another storage, or one that was restored or thinned out, would give other answers.
    """
    after = position[0] - 1 if position else None
    more = 1 if position else 0
    page = instance.event_log_storage.get_event_records(
        EventRecordsFilter(event_type=kind, after_cursor=after), limit=limit and limit + more, ascending=True
    )
    if position is None:
        return page
    return page[1:] if page and _position(page[0]) == position else None


def _has_settled(event: EventLogRecord) -> bool:
    return event.timestamp < time.time() - _SETTLED


def _jobs(instance: DagsterInstance, events: Sequence[EventLogRecord]) -> dict[str, str]:
    return jobs_of(instance, {event.run_id for event in events})


def _keep(
    index: sqlite3.Connection,
    positions: dict[DagsterEventType, _Position],
    events: Sequence[EventLogRecord],
    jobs: Mapping[str, str],
) -> None:
    index.execute("BEGIN IMMEDIATE")
    try:
        if _positions(index) == positions:  # else another process was faster, and goes on from there
            write(index, events, jobs)
            newest = {event.event_log_entry.dagster_event_type: _position(event) for event in events}
            index.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)",
                [(kind.value, *position) for kind, position in newest.items() if kind],
            )
        index.execute("COMMIT")
    except BaseException:
        index.execute("ROLLBACK")
        raise


def _begin_anew(index: sqlite3.Connection, positions: dict[DagsterEventType, _Position]) -> None:
    index.execute("BEGIN IMMEDIATE")
    if _positions(index) == positions:
        clear(index)
    index.execute("COMMIT")


def _positions(index: sqlite3.Connection) -> dict[DagsterEventType, _Position]:
    found = index.execute("SELECT kind, stored, run, at FROM position").fetchall()
    return {DagsterEventType(kind): (stored, run, at) for kind, stored, run, at in found}


def _position(event: EventLogRecord) -> _Position:
    return event.storage_id, event.run_id, event.timestamp
