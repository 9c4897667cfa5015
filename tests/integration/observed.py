"""A Shipline that runs with `--observe`, for an app on the stand-in for GitHub, and what it tells."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import uvicorn
from dagster import DagsterInstance, RunsFilter
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from pipeline_defs.cli.observe_command import application
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from tests.integration.github_changes import REPOSITORY, SECRET, a_free_port, make_home, variables
from tests.testbed.github import GitHubServer


class Observer:
    """What answers at one port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=60)

    def health(self) -> tuple[int, list[str]]:
        """The status, and what stands still."""
        answer = self.get("/health")
        return answer.status_code, answer.json()["standing_still"]

    def families(self) -> dict[str, Metric]:
        """The metrics, as Prometheus' own library reads them."""
        return {family.name: family for family in text_string_to_metric_families(self.get("/metrics").text)}

    def values(self, family: str, sample: str = "", **labels: str) -> dict[tuple[str, ...], float]:
        """The numbers of a family's samples that have these labels, by the values of the other labels."""
        found = {}
        for each in self.families()[family].samples:
            if each.name == (sample or family) and labels.items() <= each.labels.items():
                rest = tuple(value for name, value in sorted(each.labels.items()) if name not in labels)
                found[rest] = each.value
        return found

    def value(self, family: str, sample: str = "", **labels: str) -> float:
        """The one number that has these labels."""
        (found,) = self.values(family, sample, **labels).values()
        return found


class Observed(Observer):
    """A home whose Shipline runs: code server, daemon, web server, receiver and observer."""

    def __init__(self, folder: Path, github: GitHubServer, environment: dict[str, str]) -> None:
        super().__init__(a_free_port())
        self.root, self.github, self.environment = folder / "home", github, environment
        self.instance = DagsterInstance.from_config(str(self.root))

    def shipline(self, *words: str) -> None:
        command = [sys.executable, "-m", "pipeline_defs.cli.main", *words]
        subprocess.run(command, cwd=PROJECT, env=self.environment, check=True, capture_output=True)

    def pid(self, name: str) -> int:
        service = Service.read(self.root / "service.json")
        assert service is not None
        return service.pids[name]

    def merge(self) -> str:
        """A commit on main, which is delivered; gives the id of its run as soon as there is one."""
        number = time.monotonic_ns()
        head = self.github.commit(REPOSITORY, {f"file{number}": f"{number}\n"}, branch="main")
        until(lambda: self.instance.get_runs(RunsFilter(tags={"head": head})))
        return self.instance.get_runs(RunsFilter(tags={"head": head}))[0].run_id

    def ends(self, run: str) -> None:
        """Wait for a run's end."""
        until(lambda: (found := self.instance.get_run_by_id(run)) and found.is_finished)


@contextmanager
def observed(folder: Path, lint: str) -> Iterator[Observed]:
    """A Shipline inside the block, all of whose parts do well; `lint` is the app's lint, for a shell."""
    with GitHubServer(validate=False) as github:
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        made = make_home(folder / "world", github.url)
        with (made / "apps" / "shop.yaml").open("a") as file:
            file.write(f'lint: ["sh", "-c", "{lint}"]\n')
        environment = os.environ | variables(made, "", github.create_token("acme"))
        environment.pop("SHIPLINE_CODE_SOCKET")
        receiver = a_free_port()
        github.create_hook(REPOSITORY, f"http://127.0.0.1:{receiver}/", SECRET, ["push"])
        running = Observed(made, github, environment)
        try:
            running.shipline(
                "up",
                "--detach",
                "--port",
                str(a_free_port()),
                "--webhooks",
                str(receiver),
                "--observe",
                str(running.port),
            )
            until(lambda: running.health()[0] == 200)
            yield running
        finally:
            running.shipline("down")
            running.instance.dispose()


@contextmanager
def in_this_process(home: Home) -> Iterator[Observer]:
    """The observer of a home inside the block, in a thread, where a test can shorten its patience."""
    port = a_free_port()
    server = uvicorn.Server(uvicorn.Config(application(home), port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield Observer(port)
    finally:
        server.should_exit = True
        thread.join()


def until(is_so: Callable[[], Any]) -> None:
    """Wait; the test's own time limit ends this."""
    while not is_so():
        time.sleep(0.2)
