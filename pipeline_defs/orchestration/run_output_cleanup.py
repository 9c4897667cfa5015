"""Run output cleanup: what runs have said, which goes after a time. What happened stays: the lineage, and every event of Dagster's own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime

from dagster import DagsterInstance, RunsFilter
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable

from pipeline_defs.runtime.run_statuses import FINISHED

_DONE = "shipline_old_output"
"""Under which Dagster's storage keeps up to when runs were looked at."""

_RUNS = 100


def remove_old_output(instance: DagsterInstance, before: datetime) -> int:
    """Remove the raw output of runs that were created before a moment; gives how many runs that were.

    Those are the lines of their logs that are no events, and the files with what their processes printed. Dagster has no public
    way to remove a part of a run's events; a run as a whole would take the lineage with it.
    """
    count = 0
    for run_id in _runs(instance, before):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        _remove_lines(instance, run_id)
        count += 1
    instance.daemon_cursor_storage.set_cursor_values({_DONE: before.isoformat()})
    return count


def _runs(instance: DagsterInstance, before: datetime) -> Iterator[str]:
    done = instance.daemon_cursor_storage.get_cursor_values({_DONE}).get(_DONE)
    wanted = RunsFilter(
        statuses=list(FINISHED),
        created_after=datetime.fromisoformat(done) if done else None,
        created_before=before,
    )
    cursor = None
    while runs := instance.get_runs(wanted, cursor=cursor, limit=_RUNS):
        yield from (run.run_id for run in runs)
        cursor = runs[-1].run_id


def _remove_lines(instance: DagsterInstance, run_id: str) -> None:
    storage = instance.event_log_storage
    table = SqlEventLogStorageTable
    if not isinstance(storage, SqlEventLogStorage):
        return
    with storage.run_connection(run_id) as connection:
        connection.execute(table.delete().where(table.c.run_id == run_id, table.c.dagster_event_type.is_(None)))
    if isinstance(storage, SqliteEventLogStorage):  # a file for each run, which does not shrink by itself
        with closing(sqlite3.connect(storage.path_for_shard(run_id))) as file, suppress(sqlite3.OperationalError):
            file.execute("VACUUM")  # not while somebody reads it; then the room in it is not given back
