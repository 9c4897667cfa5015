"""Run metrics: how many there are and were, how long they waited and what stages took. What is over is counted once,
and never read again.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import sqlalchemy as db
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import RunsTable
from prometheus_client.metrics_core import Metric

from pipeline_defs.config import App
from pipeline_defs.observing.ended_runs import LATE, Cursor, Ended
from pipeline_defs.observing.metric_families import counter, gauge, histogram, of_two
from pipeline_defs.observing.tally import Tally
from pipeline_defs.release.request import Job, job_name
from pipeline_defs.runtime.run_statuses import FINISHED, UNFINISHED

MOST = 200
"""Runs that one look counts: each is two questions to the storage. After a long pause the next looks go on."""

_OUTCOMES = {"SUCCESS": "success", "FAILURE": "failure"}  # by the status of a step


def families(instance: DagsterInstance, tally: Tally, apps: Iterable[App]) -> Iterator[Metric]:
    """The metrics of runs, with what has ended since the last look. Of a job of these apps that has none it is told that there is none."""
    jobs = [job for app in apps for job in jobs_of(app)]
    for job in jobs:
        for status in FINISHED:
            tally.add_run(job, _state(status), 0)
    count(instance, tally)
    active = instance.get_run_records(RunsFilter(statuses=list(UNFINISHED)))
    numbers = Counter({(job, _state(status)): 0 for job in jobs for status in UNFINISHED})
    numbers.update((record.dagster_run.job_name, _state(record.dagster_run.status)) for record in active)
    yield gauge(
        "shipline_runs_active",
        "Runs that are not over, by job and state: not_started, queued, starting, started or canceling.",
        ("job_name", "state"),
        numbers.items(),
    )
    yield gauge(
        "shipline_run_queue_oldest_seconds",
        "For how long the run that waits longest has been in the queue; 0 while none waits.",
        (),
        [((), _oldest(active, time.time()))],
    )
    yield counter(
        "shipline_runs",
        "Runs that are over, by job and state: success, failure or canceled; those from before the first look too.",
        ("job_name", "state"),
        of_two(tally.runs),
    )
    yield histogram(
        "shipline_run_queue_seconds",
        "How long runs waited in the queue until they were taken from it. Counted when the run is over.",
        ("job_name",),
        (([job], seconds) for job, seconds in tally.waited.items()),
    )
    yield histogram(
        "shipline_stage_duration_seconds",
        "How long stages took, by outcome: success or failure. Counted when the run is over.",
        ("job_name", "stage", "outcome"),
        tally.each_stage(),
    )


def jobs_of(app: App) -> list[str]:
    """The names of an app's jobs."""
    jobs = [(Job.INTEGRATE, ""), *([(Job.STAGE, "")] if app.staging else [])]
    jobs += [(job, place) for place in app.deployed for job in (Job.DEPLOY, Job.ROLLBACK)]
    return [job_name(app.name, job, place, app.deployed) for job, place in jobs]


def count(instance: DagsterInstance, tally: Tally) -> None:
    """Bring the tally up to the runs that have ended by now, at most MOST of them. Where the storage fails meanwhile, what was
    counted stays counted, and the next look goes on there.
    """
    looked = time.time()
    cursor = tally.cursor or _begin(instance, tally, looked - LATE)
    since = datetime.fromtimestamp(cursor.floor, UTC)
    records = instance.get_run_records(RunsFilter(statuses=list(FINISHED), updated_after=since))
    runs = {record.dagster_run.run_id: record.dagster_run for record in records}
    # One that was written as over from the start has no end, and was never a run.
    fresh = cursor.fresh(Ended(each.dagster_run.run_id, each.end_time) for each in records if each.end_time)
    for each in fresh[:MOST]:
        _count_run(instance, tally, runs[each.run_id])
        cursor.counted[each.run_id] = each.at
    tally.cursor = cursor.after(fresh[:MOST], looked=looked, all_of_them=len(fresh) <= MOST)


def _begin(instance: DagsterInstance, tally: Tally, floor: float) -> Cursor:
    """The first look: what had ended by then, the storage counts."""
    for (job, state), number in _before(instance, floor).items():
        tally.add_run(job, state, number)
    tally.cursor = Cursor(floor=floor)
    return tally.cursor


def _count_run(instance: DagsterInstance, tally: Tally, run: DagsterRun) -> None:
    """One run, whole or not at all: all of it is read before anything is counted."""
    stats, steps = instance.get_run_stats(run.run_id), instance.get_run_step_stats(run.run_id)
    tally.add_run(run.job_name, _state(run.status))
    if stats.enqueued_time and stats.launch_time:
        tally.add_wait(run.job_name, stats.launch_time - stats.enqueued_time)
    for step in steps:
        outcome = _OUTCOMES.get(step.status.value) if step.status else None
        if outcome and step.start_time and step.end_time:
            tally.add_stage(run.job_name, stage_of(step.step_key), outcome, step.end_time - step.start_time)


def stage_of(step: str) -> str:
    """The stage of a step, `shop_image.shop_lint` or `shop_production.shop_production_deploy`: the last word of its op's name."""
    return step.rpartition(".")[2].rpartition("_")[2]


def _before(instance: DagsterInstance, floor: float) -> dict[tuple[str, str], int]:
    """How many runs had ended by then, by job and state: one question, in which the storage counts them."""
    storage = instance.run_storage
    if not isinstance(storage, SqlRunStorage):
        return {}
    columns = RunsTable.c
    asked = (
        db.select(columns.pipeline_name, columns.status, db.func.count())
        .where(columns.status.in_([status.value for status in FINISHED]))
        .where(columns.end_time <= floor)
        .group_by(columns.pipeline_name, columns.status)
    )
    with storage.connect() as connection:
        return {(job, state.lower()): number for job, state, number in connection.execute(asked)}


def _state(status: DagsterRunStatus) -> str:
    return status.value.lower()


def _oldest(active: Sequence[RunRecord], now: float) -> float:
    waiting = [each for each in active if each.dagster_run.status is DagsterRunStatus.QUEUED]
    return max((now - each.create_timestamp.timestamp() for each in waiting), default=0.0)
