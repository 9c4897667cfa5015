"""What the tests of changes on GitHub stand on: the stand-in, a Dagster storage, and a code server with the app's definitions."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, DagsterRun, RunsFilter

from pipeline_defs.cli.local_ports import answers, free_port
from pipeline_defs.cli.serve_code_socket import new_socket, remove_folder
from pipeline_defs.config import App, load_app
from pipeline_defs.config.home import PROJECT
from pipeline_defs.github.changes import changes_tick
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.runtime.code_server import LOCATION, CodeServer, target_at
from tests.support.storage import storage
from tests.support.ticks import Ticking
from tests.testbed.github import GitHubServer

REPOSITORY = "acme/shop"
APP = """
repository: {repository}
image: 127.0.0.1:9/team/shop
github:
  api: {api}
  token: {{env: TEST_GITHUB_TOKEN}}
  webhook_secret: {{env: TEST_WEBHOOK_SECRET}}
  {more}
environments:
  staging: {{hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {{name: shop, user: shop}}}}
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""
SECRET = "It's a Secret to Everybody"


def make_home(folder: Path, api: str, more: str = "") -> Path:
    """A home with one app on this GitHub, and Dagster's settings."""
    (folder / "apps").mkdir(parents=True)
    (folder / "apps" / "shop.yaml").write_text(APP.format(repository=REPOSITORY, api=api, more=more))
    (folder / "home").mkdir()
    (folder / "home" / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text())
    return folder


def variables(folder: Path, code: str, token: str) -> dict[str, str]:
    """The environment of Shipline's processes for this home."""
    home = str(folder / "home")
    return {
        "SHIPLINE_HOME": home,
        "DAGSTER_HOME": home,
        "SHIPLINE_APPS": str(folder / "apps"),
        "SHIPLINE_CODE_SOCKET": code.removeprefix("unix:"),
        "TEST_GITHUB_TOKEN": token,
        "TEST_WEBHOOK_SECRET": SECRET,
    }


@contextmanager
def code_server_process(environment: dict[str, str]) -> Iterator[None]:
    """A code server as `shipline up` starts it, without the proxy before it."""
    socket = Path(environment["SHIPLINE_CODE_SOCKET"])
    command = [sys.executable, "-m", "dagster", "api", "grpc", "--socket", str(socket)]
    command += ["-m", "pipeline_defs.definitions", "--location-name", LOCATION, "--use-python-environment-entry-point"]
    process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        while not answers(socket):
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def code_address() -> Iterator[str]:
    """Where a code server may listen, as `shipline up` chooses it."""
    address = f"unix:{new_socket()}"
    try:
        yield address
    finally:
        remove_folder(address)


@contextmanager
def code_server(folder: Path) -> Iterator[str]:
    """A code server with a home of its own in this folder, by its address. What an app's file says about GitHub changes no job."""
    home = make_home(folder / "world", "http://127.0.0.1:9")
    with code_address() as address, code_server_process(variables(home, address, "none")):
        yield address


def wait_for_port(port: int) -> None:
    """Until something listens there; the test's own time limit ends this."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


class World:
    """One app on the stand-in with a storage of its own; `look` is a tick of its sensor as the daemon makes it."""

    def __init__(self, github: GitHubServer, folder: Path, instance: DagsterInstance, server: CodeServer) -> None:
        self.github, self.folder, self.instance, self.server = github, folder, instance, server
        self.app: App = load_app(folder / "apps" / "shop.yaml")
        self.ticking = Ticking(instance, self.app)
        self.said = ""

    def look(self, *, preview: bool = False) -> str:
        """One tick; gives what it said."""
        tick = self.ticking.tick("github", preview=preview)
        assert not tick.run_requests
        self.said = (tick.skip_message or "").removeprefix("shop: ")
        return self.said

    @property
    def entry(self) -> str | None:
        """What the sensor keeps of the app."""
        return self.ticking.entry("shop", "github")

    @entry.setter
    def entry(self, text: str | None) -> None:
        self.ticking.set_entry("shop", "github", text or "")

    def handled(self) -> GitHubCursor:
        """What the entry says."""
        return GitHubCursor.model_validate_json(self.entry or "")

    def commit(self, branch: str, by: str = "dora", **more: Any) -> str:
        """A new commit on a branch."""
        number = time.monotonic_ns()
        return self.github.commit(REPOSITORY, {f"file{number}": f"{number}\n"}, branch=branch, by=by, **more)

    def runs(self) -> list[DagsterRun]:
        """All runs, oldest first."""
        return list(reversed(self.instance.get_runs(RunsFilter())))

    def rows(self) -> list[tuple[str, str, str]]:
        """Job, full commit and status of every run, oldest first."""
        return [(run.job_name, run.tags["head"], run.status.value) for run in self.runs()]

    def run_of(self, commit: str, job: str = "shop_integrate") -> DagsterRun:
        """The newest run of a job for a commit."""
        return [run for run in self.runs() if run.tags["head"] == commit and run.job_name == job][-1]


@contextmanager
def world(folder: Path, github: GitHubServer, code: str, monkeypatch: Any, more: str = "") -> Iterator[World]:
    """A fresh repository and storage, beside a code server that runs already."""
    with storage(folder / "dagster", run_queue={"dequeue_interval_seconds": 1}) as instance:
        server = CodeServer(instance, target_at(code))
        monkeypatch.setattr(changes_tick, "code_server", lambda: server)
        try:
            yield World(github, make_home(folder / "world", github.url, more), instance, server)
        finally:
            server.close()


def a_free_port() -> int:
    """A port nobody listens on."""
    return free_port()
