"""Run coordinator: Dagster's own, looked at twice a second, in which apps take turns and the newest deployment
supersedes those that wait.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterRun, DagsterRunStatus, QueuedRunCoordinator, RunsFilter, SubmitRunContext
from filelock import FileLock

from pipeline_defs.release.fair_share import PRIORITY, priority, rank, shares, turn, turn_of
from pipeline_defs.release.policy import overtakes
from pipeline_defs.release.records import DeploymentKind
from pipeline_defs.release.request import SUPERSEDED_BY, is_automatic
from pipeline_defs.runtime.automation.app_pauses import read_pauses

PAUSED = "app_is_paused"
"""The run tag that says since when, by whom and why a run's app was paused as it was launched."""

SECONDS = 0.5
"""Between two looks at the queue; the daemon sleeps for half a second at a time, so less is not to be had. Dagster's setting takes
whole seconds only, and a run would wait for up to 1.5 s."""


class RunQueue(QueuedRunCoordinator):
    """The queue that dagster.yaml names as `run_coordinator`. It takes the same settings.

    Each run that is put into it by anybody, a person or a sensor, comes through here, and is given its turn: rollbacks go first,
    then deployments, and among what is left apps take turns (`release/fair_share.py`). Whoever gives a run the tag `dagster/priority`
    decides otherwise.

    Of the deployments that wait for one environment the newest is worth its time: the older ones end as canceled, and say which run
    has superseded them. What has begun is never touched, and rollbacks neither overtake nor are overtaken.
    """

    @property
    def dequeue_interval_seconds(self) -> float:  # type: ignore[override]
        """What the daemon asks for when it starts; it takes any number."""
        return SECONDS

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue."""
        with self._alone():  # two that come at the same time would be given the same turn
            if context.dagster_run.status is DagsterRunStatus.NOT_STARTED:
                self._give_turn(context.dagster_run)
            run = super().submit_run(context)
        target = run.tags.get("target")
        if target and run.tags.get("kind") == DeploymentKind.DEPLOY:
            self._supersede(target)
        return run

    def _give_turn(self, run: DagsterRun) -> None:
        tags = shares(run.tags, run.job_name) | self._paused(run.tags.get("app", ""))
        if (
            PRIORITY not in run.tags or turn_of(run.tags) is not None
        ):  # a run that is made again has the turn of the first
            wanted = RunsFilter(tags={"app": run.tags.get("app", "")}, statuses=[DagsterRunStatus.QUEUED])
            others = [each.tags for each in self._instance.get_runs(wanted) if rank(each.tags) == rank(run.tags)]
            waiting = [found for each in others if (found := turn_of(each)) is not None]
            tags[PRIORITY] = str(priority(run.tags, turn(int(time.time()), waiting)))
        if tags:
            self._instance.add_run_tags(run.run_id, tags)

    def _paused(self, app: str) -> dict[str, str]:
        """The tag of a run that somebody launches although its app is paused."""
        pause = read_pauses(self._instance, [app]).get(app) if app else None
        return {PAUSED: str(pause)} if pause else {}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = Path(self._instance.root_directory) / "locks"
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "queue.lock"):
            yield

    def _supersede(self, target: str) -> None:
        tags = {"target": target, "kind": DeploymentKind.DEPLOY.value}
        wanted = RunsFilter(tags=tags, statuses=[DagsterRunStatus.QUEUED])
        with self._alone():  # who comes at the same time finds what is done already
            waiting = self._instance.get_runs(wanted)  # newest first
            for number, older in enumerate(waiting):
                newer = next((each for each in waiting[:number] if _overtakes(each, older)), None)
                if newer is not None:
                    self._give_up(older, newer)

    def _give_up(self, older: DagsterRun, newer: DagsterRun) -> None:
        now = self._instance.get_run_by_id(older.run_id)
        if now is not None and now.status is DagsterRunStatus.QUEUED:
            why = newer.tags.get("head") or f"run {newer.run_id}"
            self._instance.add_run_tags(older.run_id, {SUPERSEDED_BY: why})
            # Not cancel_run: were it dequeued in between, that would end a deployment half-way. A worker that finds its run
            # canceled does not begin.
            self._instance.report_run_canceled(now, f"superseded by run {newer.run_id[:8]}")


def _overtakes(newer: DagsterRun, older: DagsterRun) -> bool:
    return overtakes(is_automatic(newer.tags), is_automatic(older.tags))
