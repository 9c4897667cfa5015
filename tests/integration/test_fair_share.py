"""Fair share, with Dagster's own daemon: an app with many runs keeps no other one waiting."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.workspace.load_target import PythonFileTarget

from pipeline_defs.config.home import PROJECT
from pipeline_defs.runtime.code_server import LOCATION, CodeServer
from tests.testbed.waiting import holds_within

MANY = 30
_BEGUN = (DagsterRunStatus.STARTING, DagsterRunStatus.STARTED)

JOBS = '''
import pathlib, time
import dagster as dg

@dg.op
def wait(context: dg.OpExecutionContext) -> None:
    """As a build does: until somebody lets it end."""
    while not pathlib.Path({folder!r}, context.run_id).exists():
        time.sleep(0.1)

def job(app: str, **tags: str) -> dg.JobDefinition:
    limit = {{"dagster/max_runtime": "1"}} if app == "hangs" else {{}}
    @dg.job(name="_".join([app, *tags]), tags={{"app": app, **tags, **limit}}, executor_def=dg.in_process_executor)
    def made() -> None:
        wait()
    return made

defs = dg.Definitions(jobs=[*map(job, ("one", "two", "three", "four", "hangs")), job("one", kind="rollback", target="one_production")])
'''


@dataclass
class Queue:
    """The queue of dagster.yaml, with jobs that end when they are told to."""

    instance: DagsterInstance
    server: CodeServer
    folder: Path

    def put(self, job: str) -> str:
        run_id = str(uuid.uuid4())
        self.server.create(self.instance, run_id, job, {}, {}, planned=True)
        self.server.submit(self.instance, run_id)
        return run_id

    def end(self, run_id: str) -> None:
        (self.folder / run_id).touch()

    def begun(self) -> list[DagsterRun]:
        return list(self.instance.get_runs(RunsFilter(statuses=list(_BEGUN))))

    def waits_until(self, true: Callable[[], bool], what: str) -> None:
        assert holds_within(120, true), f"{what}: {[(run.job_name, run.status.value) for run in self.begun()]}"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """A queue that nobody takes runs out of yet."""
    home, ended = tmp_path / "home", tmp_path / "ended"
    home.mkdir()
    ended.mkdir()
    (home / "dagster.yaml").symlink_to(PROJECT / "dagster.yaml")
    (tmp_path / "jobs.py").write_text(JOBS.format(folder=str(ended)))
    with DagsterInstance.from_config(str(home)) as instance:
        server = CodeServer(instance, PythonFileTarget(str(tmp_path / "jobs.py"), None, None, LOCATION))
        yield Queue(instance, server, ended)
        server.close()


@pytest.fixture
def daemon(queue: Queue, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Starts Dagster's daemon; it is gone afterwards, and so are its runs."""
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text(f"load_from: [{{python_file: {{relative_path: jobs.py, location_name: {LOCATION}}}}}]\n")
    words = ["-m", "dagster._daemon", "run", "-w", str(workspace)]
    environment = {**os.environ, "DAGSTER_HOME": queue.instance.root_directory, "PYTHONPATH": str(PROJECT)}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (tmp_path / "daemon.log").open("wb") as log:
            started.append(
                subprocess.Popen([sys.executable, *words], cwd=PROJECT, env=environment, stdout=log, stderr=log)
            )

    yield start
    for run in queue.instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.QUEUED])):
        queue.instance.report_run_canceled(run)
    for run in queue.instance.get_runs():
        queue.end(run.run_id)
    try:
        queue.waits_until(lambda: not queue.begun(), "the runs end")
    finally:
        for each in started:
            each.terminate()
            each.wait(60)


@pytest.mark.thorough
def test_thirty_runs_of_one_app_keep_no_other_app_and_no_rollback_waiting(
    queue: Queue, daemon: Callable[[], None]
) -> None:
    def counted() -> dict[str, int]:
        apps = [run.tags["app"] for run in queue.begun()]
        return {app: apps.count(app) for app in sorted(set(apps))}

    for _ in range(MANY):
        queue.put("one")
    daemon()
    queue.waits_until(lambda: counted() == {"one": 4}, "four of the thirty begin")
    queue.put("two")
    queue.put("three")
    queue.waits_until(lambda: counted() == {"one": 4, "three": 1, "two": 1}, "the others begin at once")

    # Now all places for builds are taken, and much has waited for longer.
    queue.put("four")
    back = queue.put("one_kind_target")
    queue.waits_until(lambda: counted() == {"one": 5, "three": 1, "two": 1}, "the rollback begins at once")
    assert back in [run.run_id for run in queue.begun()]
    queue.end(next(run.run_id for run in queue.begun() if run.job_name == "one"))
    queue.waits_until(lambda: counted().get("four") == 1, "the next place is the fourth app's")
    assert counted() == {"four": 1, "one": 4, "three": 1, "two": 1}
    assert {run.tags["share"] for run in queue.begun() if run.run_id != back} == {"one", "two", "three", "four"}


def test_a_run_that_takes_longer_than_it_may_is_ended_and_says_so(queue: Queue, daemon: Callable[[], None]) -> None:
    hangs = queue.put("hangs")
    daemon()

    def ended() -> bool:
        run = queue.instance.get_run_by_id(hangs)
        return run is not None and run.is_finished

    queue.waits_until(ended, "the run that hangs is ended")
    said = [entry.dagster_event.message or "" for entry in queue.instance.all_logs(hangs) if entry.dagster_event]
    assert any("Exceeded maximum runtime of 1 seconds" in line for line in said), said
