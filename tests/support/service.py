"""Shipline as a service for the tests: the real containers, in a folder of their own, gone afterwards."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_defs.config.home import PROJECT
from tests.support import service_app
from tests.support.service_page import OVER, ServicePage
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID, STATE
from tests.testbed.container import free_port
from tests.testbed.waiting import holds_within

TESTED = "test-service"
NAME = f"shipline-{TESTED}-{ID}"
_GREEN = """{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy lastHeartbeatTime } } }
  workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }"""
_STOP = "mutation($run: String!) { terminateRun(runId: $run) { __typename } }"


@dataclass
class RunningService(ServicePage):
    """A service that was started by `scripts/service up`, and what its user does."""

    bed: TestBed
    project: str = NAME

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def words(self, *words: str, check: bool = True, input: str = "") -> str:
        """What `scripts/service` prints with these words."""
        done = self.called(*words, input=input)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout

    def called(self, *words: str, input: str = "", checkout: Path = PROJECT) -> subprocess.CompletedProcess[str]:
        """`scripts/service` of a checkout with these words, however it ends."""
        environment = docker.environment() | {"SHIPLINE_SERVICE": str(self.folder)}
        command = [checkout / "scripts" / "service", *words]
        return subprocess.run(command, env=environment, input=input, capture_output=True, text=True)

    def shipline(self, *words: str) -> Any:
        """The answer of a command in the container of the code server, as data."""
        return json.loads(self.words("exec", "-T", "code", "shipline", "--json", *words))

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of each container that Compose made for the service and that goes on, by its service's name."""
        ids = docker.docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}")
        label = "com.docker.compose.service"
        found = json.loads(docker.docker("inspect", *ids.split()))
        return {
            each["Config"]["Labels"][label]: each
            for each in found
            if each["HostConfig"]["RestartPolicy"]["Name"] != "no"
        }

    def is_green(self, since: float = 0) -> bool:
        """True when each container runs and is healthy, the definitions are loaded, and each daemon was heard of after that time."""
        states = [each["State"] for each in self.containers().values()]
        if not all(state["Running"] and state.get("Health", {}).get("Status") != "unhealthy" for state in states):
            return False
        return self.hears_daemons(since)

    def hears_daemons(self, since: float) -> bool:
        """True when the definitions are loaded and each daemon was heard of after that time.

        The scheduler, which is heard of at the full minute alone, need only be healthy.
        """
        try:
            said = self.ask(_GREEN)
        except (OSError, ValueError, KeyError):
            return False
        entries = said["workspaceOrError"]["locationEntries"]
        daemons = [each for each in said["instance"]["daemonHealth"]["allDaemonStatuses"] if each["required"]]
        late = [each for each in daemons if each["daemonType"] != "SCHEDULER" and each["lastHeartbeatTime"] <= since]
        heard = not late and all(each["healthy"] for each in daemons)
        return heard and [each["loadStatus"] for each in entries] == ["LOADED"]

    def start_run(self, lint: str) -> str:
        """Launch the app's job with this command as its lint; gives the run's id when its container works."""
        self.write_app(lint)
        assert holds_within(60, self.reloads)
        run = self.queue_run()
        assert holds_within(60, lambda: self.runs()[run] not in ("QUEUED", "STARTING")), self.runs()[run]
        return run

    def queue_run(self) -> str:
        """Put a run of the app's job into the queue; its id."""
        before = self.runs().keys()
        self.launch("blog_integrate")
        (run,) = self.runs().keys() - before
        return str(run)

    def stops(self, run: str) -> bool:
        """True when the run could be asked to stop."""
        return bool(self.ask(_STOP, run=run)["terminateRun"]["__typename"] == "TerminateRunSuccess")

    def container_of(self, run: str) -> dict[str, Any]:
        """What `docker inspect` says of the run's container."""
        (found,) = docker.docker("ps", "--all", "--quiet", "--filter", f"label=dagster/run_id={run}").split()
        facts: dict[str, Any] = json.loads(docker.docker("inspect", found))[0]
        return facts

    def ends(self, run: str) -> str:
        """The status with which a run ends."""
        assert holds_within(60, lambda: self.runs()[run] in OVER), self.runs()[run]
        return self.runs()[run]

    def join_bed(self) -> None:
        """Let runs reach the bed's registry and server."""
        for container in (self.bed.registry, self.bed.servers[0]):
            docker.docker("network", "connect", f"{self.project}_runs", container.name)

    def leave_bed(self) -> None:
        """Take the bed out of the service's network, which could not be removed with it."""
        for container in (self.bed.registry, self.bed.servers[0]):
            docker.docker("network", "disconnect", "--force", f"{self.project}_runs", container.name, check=False)

    def write_app(self, lint: str) -> None:
        """The one app, with a lint command as its stages go."""
        service_app.write(self.home, self.bed, lint)


@contextlib.contextmanager
def service(bed: TestBed, name: str = TESTED, **more: str) -> Iterator[RunningService]:
    """The service inside the block, whose runs reach this bed. What was left behind under its name is removed first.

    `more` are settings of it.
    """
    running = RunningService(STATE / name, free_port(), bed, f"shipline-{name}-{ID}")
    _remove(running)
    running.folder.mkdir(parents=True)
    settings = {
        "SHIPLINE_PROJECT": running.project,
        "SHIPLINE_ADDRESS": "localhost",
        "SHIPLINE_LISTEN": "127.0.0.1",
        "SHIPLINE_HTTP_PORT": str(free_port()),
        "SHIPLINE_HTTPS_PORT": str(running.port),
        "SHIPLINE_IMAGES": "tags",
        "SHIPLINE_URL": f"https://localhost:{running.port}",
        **more,
    }
    (running.folder / "settings").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        running.words("up")
        service_app.fill(running.folder, bed)
        running.join_bed()
        yield running
    finally:
        _remove(running)


def _remove(running: RunningService) -> None:
    if (running.folder / "settings").exists():
        running.leave_bed()
        running.words("down", "--volumes", check=False)
    shutil.rmtree(running.folder, ignore_errors=True)
