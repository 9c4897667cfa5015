"""Celery launcher: dagster-celery's, by which a worker on any of several machines starts the run's container on its own Engine."""

import time
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from pipeline_defs.runtime.run_workers.celery_broker import (
    HEALTH,
    STOP,
    TASK,
    WORKER,
    fingerprint,
    node,
    settings,
    worker_of,
)

BROKER_AWAY = (OperationalError, RedisError, OSError)
"""What Celery raises while Redis is away: some of it is Redis's own."""

HEALTH_SECONDS = 3.0
"""How long a worker may take to say how a run is: others are asked after it, and it is asked again."""

STOP_SECONDS = 15.0
"""How long it may take to say that a run was asked to stop: a person waits, and a machine that builds is slow."""

PATIENCE_SECONDS = 60.0
"""How long a worker may be silent, as while it is started anew, before its runs count as failed."""


class RunWorkers(CeleryRunLauncher):
    """The launcher that docker/dagster-workers.yaml names as `run_launcher`. It takes the same settings, and no results backend.

    dagster-celery's own runs a job inside the worker, kills it where it should be asked to stop, and believes of a run whose worker has
    died that it goes on. Here the worker starts a container (`worker.py`), and is asked itself.
    """

    _silent_since: dict[str, float]

    def app_args(self) -> dict[str, Any]:
        """What Celery is told, with the password, which stands in none of Dagster's files."""
        self._silent_since = {}
        assert self.broker is not None, "docker/dagster-workers.yaml says where Redis is"
        return settings(self.broker)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Hand a run to the workers: whoever has room takes it.

        Once it is handed over the run gets no tag here. Tags are written together with the whole run, and a worker may be writing its own.
        """
        run = context.dagster_run
        if worker_of(run):  # Dagster gives a run that is made again the tags of the lost one, whose machine may be gone
            self._instance.add_run_tags(run.run_id, {WORKER: ""})
        self._instance.report_engine_event("The run is handed to the workers.", run, cls=type(self))
        self.celery.send_task(
            TASK,
            kwargs={"run_id": run.run_id, "made_of": fingerprint(run.tags.get("app", ""))},
            task_id=run.run_id,
            queue=self.default_queue,
        )

    @property
    def supports_resume_run(self) -> bool:
        """Never: a deployment is not resumed half-way."""
        return False

    def terminate(self, run_id: str) -> bool:
        """Have a run's worker ask it to stop, and do not wait for its end. False where nobody could be asked."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        worker = worker_of(run)
        if worker is None:
            self._instance.report_run_canceled(run, "No worker had taken the run.")
            return True
        try:
            answer = self._ask(worker, STOP, run_id, STOP_SECONDS)
            why = f"its worker {worker} does not answer; look whether its machine runs"
        except BROKER_AWAY as error:
            answer, why = None, f"Redis, by which its worker {worker} is asked, is away ({error}); look whether it runs"
        if answer is None:  # it stays as it is: a run that counts as being canceled could not be asked once more
            self._instance.report_engine_event(f"The run cannot be asked to stop: {why}", run, cls=type(self))
        return bool(answer and answer["asked"])

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's container runs, by its worker's word. A worker that is silent for too long has lost its runs."""
        worker = worker_of(run)
        if worker is None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "no worker has taken the run")
        try:
            answer = self._ask(worker, HEALTH, run.run_id, HEALTH_SECONDS)
        except BROKER_AWAY:  # Redis is away: that says nothing of any worker
            self._silent_since.clear()
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if answer is not None:
            self._silent_since.pop(worker, None)
            return CheckRunHealthResult(WorkerStatus(answer["status"]), answer["message"])
        now = time.monotonic()
        silent = now - self._silent_since.setdefault(worker, now)
        if silent < PATIENCE_SECONDS:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        why = f"the worker {worker} has not answered for {silent:.0f} s; look whether its machine runs, and start it there with make up"
        return CheckRunHealthResult(WorkerStatus.FAILED, why)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str:
        """For a run that did not start: whose it was."""
        worker = worker_of(run)
        if worker:
            return f"The worker {worker} had taken it."
        return "No worker had taken it: look whether as many run as SHIPLINE_WORKERS says."

    def _ask(self, worker: str, what: str, run_id: str, seconds: float) -> dict[str, Any] | None:
        """The worker's answer; None where it has none, or could not find out. Raises one of BROKER_AWAY."""
        said = self.celery.control.broadcast(
            what, {"run_id": run_id}, destination=[node(worker)], reply=True, timeout=seconds, limit=1
        )
        answers = [answer for each in said or [] for answer in each.values() if "error" not in answer]
        return answers[0] if answers else None
