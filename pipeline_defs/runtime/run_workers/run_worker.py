"""Run worker: takes runs while its machine has room, and starts a container for each: `python -m
pipeline_defs.runtime.run_workers.run_worker`.

What is done with a run is what the daemon of a service without workers does (`runtime/container_launcher.py`), on
the Engine of this machine.
A worker may end at any time: its runs go on, and it finds them again by their containers.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

from celery import signals
from celery.exceptions import Reject
from celery.utils.log import get_task_logger
from celery.worker.control import control_command, inspect_command
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.launcher import LaunchRunContext
from dagster_celery.make_app import make_app
from docker.errors import DockerException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from pipeline_defs.config import Home
from pipeline_defs.config.secret_fingerprint import KEY
from pipeline_defs.runtime.container_launcher import RunContainers
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

LOOK_SECONDS = 0.5
"""Between two looks whether a run has ended and made room."""

OVER_SECONDS = 30.0
"""After which a container whose run is over is told to stop, and between two looks for one."""

UNHEARD_SECONDS = 15.0
"""After which a worker ends that Redis does not hear any more; the Engine starts it anew, and it waits for Redis."""

AGAIN_SECONDS = 5
"""Until a run is tried again that could not be taken because the storage did not answer."""

ALIVE = Path("/tmp/worker-alive")
"""Touched every two seconds while Redis hears this worker; docker/compose.yaml looks how old it is."""

log = get_task_logger(__name__)


class RunWorker:
    """The runs of one machine."""

    def __init__(self, name: str, room: int, instance: DagsterInstance) -> None:
        """`room` is how many runs the machine has at once. `instance` names `RunContainers` as its launcher."""
        assert isinstance(instance.run_launcher, RunContainers), "docker/dagster.yaml names it"
        self.name, self._room, self._instance = name, room, instance
        self._containers = instance.run_launcher
        self.ending = threading.Event()

    def take(self, run_id: str, made_of: str) -> None:
        """Start a run's container, unless that was done before, and return when there is room for another run.

        Raises SQLAlchemyError where the storage does not answer, and Reject, which gives the message back, at the end of a worker that
        has no room since it was started; nothing was started then.
        """
        self._wait_for_room()
        if self.ending.is_set():
            raise Reject(requeue=True)
        run = self._claim(run_id)
        if run is not None:
            self._start(run, made_of)
        self._wait_for_room()

    def health(self, run_id: str) -> dict[str, Any]:
        """Whether the run's container runs."""
        run = self._instance.get_run_by_id(run_id)
        assert run is not None, "it was taken"
        found = self._containers.check_run_worker_health(run)
        return {"status": found.status.value, "message": found.msg}

    def stop(self, run_id: str) -> dict[str, Any]:
        """Ask the run to stop; whether it could be asked."""
        return {"asked": self._containers.terminate(run_id)}

    def stop_lost_runs(self) -> None:
        """Until the end: tell those containers to stop whose run is over for Dagster, as after this machine was out of reach.

        Such a run can change nothing more on a server, by the lock's token there, but it would go on here.
        """
        while not self.ending.wait(OVER_SECONDS):
            try:
                for container in self._containers.running():
                    record = self._instance.get_run_record_by_id(container.attrs["Labels"]["dagster/run_id"])
                    if record is not None and record.end_time and time.time() - record.end_time > OVER_SECONDS:
                        container.kill("SIGTERM")
            except (DockerException, RequestException, SQLAlchemyError) as error:
                log.warning("could not look for runs that are over: %s", error)

    def _claim(self, run_id: str) -> DagsterRun | None:
        """The run with our name on it; None where it is over, somebody else's, or started already: a message may come twice."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.status is not DagsterRunStatus.STARTING or worker_of(run) not in (None, self.name):
            return None
        if self._containers.has_container(run):
            return None
        self._instance.add_run_tags(run_id, {WORKER: self.name})
        # Read again: it may have been given up while nobody's name was on it.
        run = self._instance.get_run_by_id(run_id)
        return run if run is not None and run.status is DagsterRunStatus.STARTING else None

    def _start(self, run: DagsterRun, made_of: str) -> None:
        if fingerprint(run.tags.get("app", "")) != made_of:
            app = run.tags.get("app", "?")
            why = f"The worker {self.name} has another version of Shipline, of the app's file {app}.yaml or of home/{KEY} "
            why += "than the service: "
            self._instance.report_run_failed(run, f"{why}bring them up to date there, and start the run again.")
            return
        try:
            self._containers.launch_run(LaunchRunContext(run, None))
        except (DockerException, RequestException) as error:
            log.exception("run %s", run.run_id)
            why = f"The worker {self.name} could not start the run's container: {error}"
            self._instance.report_run_failed(run, why)

    def _wait_for_room(self) -> None:
        while not self.ending.is_set() and self._is_full():
            self.ending.wait(LOOK_SECONDS)

    def _is_full(self) -> bool:
        """By the containers, not by what was taken here: those from before a restart count too."""
        try:
            return len(self._containers.running()) >= self._room
        except (DockerException, RequestException) as error:
            log.warning("the Engine does not answer: %s", error)
            return True


def end_unheard() -> None:
    """End this process when Redis has heard it and does so no more. Nothing is lost: its runs go on, its message was not given back."""
    while not ALIVE.exists() or time.time() - ALIVE.stat().st_mtime < UNHEARD_SECONDS:
        time.sleep(1.0)
    log.warning("Redis does not hear this worker for %.0f s: it ends, to be started anew", UNHEARD_SECONDS)
    os._exit(1)


def main() -> None:
    """Work until SIGTERM. A Redis that is away is waited for."""
    Home.find().prepare()
    name, room = os.environ["SHIPLINE_WORKER"], int(os.environ["SHIPLINE_RUNS_HERE"])
    worker = RunWorker(name, room, DagsterInstance.get())
    app = make_app(settings(os.environ["SHIPLINE_QUEUE"]))  # type: ignore[no-untyped-call]

    def take(run_id: str, made_of: str) -> None:
        worker.take(run_id, made_of)

    def health(_state: Any, run_id: str) -> dict[str, Any]:
        return worker.health(run_id)

    def stop(_state: Any, run_id: str) -> dict[str, Any]:
        return worker.stop(run_id)

    def end(**_: Any) -> None:
        worker.ending.set()

    def live(**_: Any) -> None:
        ALIVE.touch()

    ALIVE.unlink(missing_ok=True)
    for watch in (worker.stop_lost_runs, end_unheard):
        threading.Thread(target=watch, daemon=True).start()
    app.task(name=TASK, autoretry_for=(SQLAlchemyError,), max_retries=None, default_retry_delay=AGAIN_SECONDS)(take)
    inspect_command(name=HEALTH)(health)
    control_command(name=STOP)(stop)
    signals.worker_shutting_down.connect(end)
    signals.heartbeat_sent.connect(live)
    # In a thread, so that questions are answered meanwhile; in one, so that two runs never count the same room as theirs.
    app.worker_main(["worker", "--pool=threads", "--concurrency=1", f"--hostname={node(name)}", "--loglevel=INFO"])


if __name__ == "__main__":
    main()
