"""Dagster's storage made ready before anything else opens it: `python -m pipeline_defs.runtime.startup [upgrade]`, which runs first.

Two processes that open a new SQLite storage at once get in each other's way, so the tables are made here, by one. Runs whose
worker died together with the code server that watched it would stay "started" for ever and keep their place in the queue;
they are marked as failed here, and the recovery sensors then see them.

Tables of another version of Dagster are refused. Older ones are changed for one who says `upgrade` alone: there is no way back
but by a backup, and who upgrades Shipline by the commands for that has one.
"""

import os
import re
import sys
from collections.abc import Iterator

import psutil
from dagster import (
    DagsterError,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultRunLauncher,
    RunsFilter,
)
from sqlalchemy.exc import SQLAlchemyError

from pipeline_defs.config import Home
from pipeline_defs.config.secret_fingerprint import key_of_home
from pipeline_defs.runtime.automation.cursor_migration import take_over
from pipeline_defs.runtime.backups import storage_schema

_WORKER = re.compile(r"Started process for run \(pid: (\d+)\)")
_CLOCK = 2.0  # seconds that two clocks' ideas of the same moment may differ


def main(*words: str) -> None:
    """Make home and tables and close the dead runs, naming each. Ends with one sentence where the storage cannot be opened.

    With the word `upgrade`, tables of an older Dagster are brought to this one's first.
    """
    try:
        Home.find().prepare()
        key_of_home()
        with DagsterInstance.get() as instance:
            if words == ("upgrade",):
                storage_schema.upgrade(instance)
            storage_schema.require_same(
                instance, "make upgrade" if os.environ.get("SHIPLINE_SERVICE") else "shipline upgrade"
            )
            for sentence in take_over(instance):
                print(sentence)
            for run in close_dead_runs(instance):
                print(f"run {run.run_id[:8]} ({run.job_name}) had lost its process and is marked as failed")
    except (DagsterError, SQLAlchemyError, storage_schema.OtherSchema, OSError) as error:
        sys.exit(str(error).splitlines()[0])


def close_dead_runs(instance: DagsterInstance) -> Iterator[DagsterRun]:
    """Mark runs as failed whose worker process on this machine is gone. Runs in containers have other watchers."""
    if not isinstance(instance.run_launcher, DefaultRunLauncher):
        return
    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        if _worker_is_gone(instance, run):
            instance.report_run_failed(run, "The run's process was gone when Shipline started.")
            yield run


def _worker_is_gone(instance: DagsterInstance, run: DagsterRun) -> bool:
    for event in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        worker = _WORKER.search(event.message)
        if worker:
            return not _lives(int(worker[1]), event.timestamp)
    return False


def _lives(pid: int, seen: float) -> bool:
    """True when the process with this number is the one that was seen at that time, not a later one that got its number."""
    try:
        process = psutil.Process(pid)
        return bool(process.create_time() <= seen + _CLOCK and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
