"""Shipline as a service for the tests: the real containers, in a folder of their own, gone afterwards."""

import base64
import contextlib
import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_defs.config.home import PROJECT
from tests import service_app
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID, STATE
from tests.testbed.container import free_port
from tests.testbed.waiting import holds_within

TESTED = "test-service"
NAME = f"shipline-{TESTED}-{ID}"
_RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
_JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"
_TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
  ... on Sensor { sensorState { ticks(limit: 5) { status } } } } }"""
_GREEN = """{ instance { daemonHealth { allDaemonStatuses { required healthy lastHeartbeatTime } } }
  workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }"""


@dataclass
class RunningService:
    """A service that was started by `scripts/service up`, and what its user does."""

    folder: Path
    port: int
    bed: TestBed
    project: str = NAME

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def words(self, *words: str, check: bool = True) -> str:
        """What `scripts/service` prints with these words."""
        environment = docker.environment() | {"SHIPLINE_SERVICE": str(self.folder)}
        done = subprocess.run(
            [PROJECT / "scripts" / "service", *words], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout

    def shipline(self, *words: str) -> Any:
        """The answer of a command in the container of the code server, as data."""
        return json.loads(self.words("exec", "-T", "code", "shipline", "--json", *words))

    @property
    def root_certificate(self) -> Path:
        """Of the authority that Caddy made for localhost."""
        return self.folder / "caddy/caddy/pki/authorities/local/root.crt"

    @property
    def password(self) -> str:
        return (self.folder / "own" / "password").read_text().strip()

    def status(self, path: str, password: str | None = None, body: bytes | None = None) -> int:
        """The HTTP status with which Caddy answers."""
        try:
            return int(self._open(path, password, body).status)
        except urllib.error.HTTPError as error:
            return error.code

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that Dagster's API answers, through Caddy."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        with self._open("/graphql", self.password, body) as answer:
            return json.load(answer)["data"]

    def _open(self, path: str, password: str | None, body: bytes | None) -> Any:
        pair = base64.b64encode(f"shipline:{password}".encode()).decode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Basic {pair}"} if password else {})}
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", body, headers)
        context = ssl.create_default_context(cafile=self.root_certificate)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        return opener.open(request, timeout=20)

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
        try:
            said = self.ask(_GREEN)
        except (OSError, ValueError, KeyError):
            return False
        entries = said["workspaceOrError"]["locationEntries"]
        daemons = [each for each in said["instance"]["daemonHealth"]["allDaemonStatuses"] if each["required"]]
        heard = all(each["healthy"] and each["lastHeartbeatTime"] > since for each in daemons)
        return heard and [each["loadStatus"] for each in entries] == ["LOADED"]

    def runs(self) -> dict[str, str]:
        """The status of each run, by its id."""
        return {run["runId"]: run["status"] for run in self.ask(_RUNS)["runsOrError"]["results"]}

    def heads(self, job: str) -> list[str]:
        """The commit that each of the job's runs answers, where it answers one."""
        tags = [run["tags"] for run in self.ask(_RUNS)["runsOrError"]["results"] if run["jobName"] == job]
        return [tag["value"] for each in tags for tag in each if tag["key"] == "head"]

    def answers(self) -> bool:
        """True when the web server answers again."""
        try:
            return self.status("/server_info", self.password) == 200
        except OSError:
            return False

    def ticked(self, sensor: str) -> bool:
        """True when this sensor of the app has looked once, from the beginning to the end."""
        selector = {"repositoryLocationName": "shipline", "repositoryName": "__repository__", "sensorName": sensor}
        found = self.ask(_TICKS, selector=selector)["sensorOrError"]
        return any(tick["status"] in ("SUCCESS", "SKIPPED") for tick in found.get("sensorState", {}).get("ticks", []))

    def reloads(self, job: str = "blog_integrate") -> bool:
        """True when the apps' files could be read anew, and this job is among those of the apps."""
        self.ask('mutation { reloadRepositoryLocation(repositoryLocationName: "shipline") { __typename } }')
        found = self.ask(_JOBS)["repositoriesOrError"].get("nodes", [])
        return job in [job["name"] for repository in found for job in repository["jobs"]]

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

    def launch(self, job: str) -> None:
        """Put a run of this job into the queue, as the web page does."""
        selector = {"repositoryLocationName": "shipline", "repositoryName": "__repository__", "jobName": job}
        launch = "mutation($run: ExecutionParams!) { launchRun(executionParams: $run) { __typename } }"
        answer = self.ask(launch, run={"selector": selector, "runConfigData": {}, "mode": "default"})
        assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer

    def container_of(self, run: str) -> dict[str, Any]:
        """What `docker inspect` says of the run's container."""
        (found,) = docker.docker("ps", "--all", "--quiet", "--filter", f"label=dagster/run_id={run}").split()
        facts: dict[str, Any] = json.loads(docker.docker("inspect", found))[0]
        return facts

    def ends(self, run: str) -> str:
        """The status with which a run ends."""
        over = ("SUCCESS", "FAILURE", "CANCELED")
        assert holds_within(60, lambda: self.runs()[run] in over), self.runs()[run]
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
