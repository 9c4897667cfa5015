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
from tests.shop import git
from tests.testbed import docker
from tests.testbed.checkout import ID, STATE
from tests.testbed.container import free_port
from tests.testbed.registry import INSIDE_PORT, Registry
from tests.testbed.waiting import holds_within

NAME = f"shipline-test-service-{ID}"
APP = """
repository: {home}/blog
image: {registry}/blog
registry: {{username: {{file: /run/secrets/user}}, password: {{file: /run/secrets/password}}}}
lint: {{command: {lint}}}
test: {{compose: test.yml, service: tests, junit: junit.xml}}
environments:
  production: {{hosts: a.example.org, directory: /opt/blog, compose: production.yml}}
"""
FILES = {
    "version.txt": "1.0.0\n",
    "Dockerfile": "FROM debian:bookworm-slim\nCOPY version.txt /\n",
    "test.yml": """
services:
  tests:
    image: ${IMAGE}
    command: [sh, -c, "echo '<testsuite><testcase name=\\"works\\"/></testsuite>' >/results/junit.xml"]
    volumes: ["${RESULTS}:/results"]
""",
}
_RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
_JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"


@dataclass
class RunningService:
    """A service that was started by `scripts/service up`, and what its user does."""

    folder: Path
    port: int
    registry: Registry

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def lint_and_reach_registry(self) -> str:
        """A lint command after which the run's container has the registry under its address of this machine."""
        return f"python {self.home}/forward.py {self.registry.port} {self.registry.name} {INSIDE_PORT}"

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
        context = ssl.create_default_context(cafile=self.folder / "caddy/caddy/pki/authorities/local/root.crt")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        return opener.open(request, timeout=20)

    def runs(self) -> dict[str, str]:
        """The status of each run, by its id."""
        return {run["runId"]: run["status"] for run in self.ask(_RUNS)["runsOrError"]["results"]}

    def answers(self) -> bool:
        """True when the web server answers again."""
        try:
            return self.status("/server_info", self.password) == 200
        except OSError:
            return False

    def reloads(self) -> bool:
        """True when the apps' files could be read anew, and the app has its jobs."""
        self.ask('mutation { reloadRepositoryLocation(repositoryLocationName: "shipline") { __typename } }')
        found = self.ask(_JOBS)["repositoriesOrError"].get("nodes", [])
        return "blog_integrate" in [job["name"] for repository in found for job in repository["jobs"]]

    def start_run(self, lint: str) -> str:
        """Launch the app's job with this command as its lint; gives the run's id when its container works."""
        self.write_app(lint)
        assert holds_within(60, self.reloads)
        before = self.runs().keys()
        selector = {
            "repositoryLocationName": "shipline",
            "repositoryName": "__repository__",
            "jobName": "blog_integrate",
        }
        launch = "mutation($run: ExecutionParams!) { launchRun(executionParams: $run) { __typename } }"
        answer = self.ask(launch, run={"selector": selector, "runConfigData": {}, "mode": "default"})
        assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer
        (run,) = self.runs().keys() - before
        assert holds_within(60, lambda: self.runs()[run] not in ("QUEUED", "STARTING")), self.runs()[run]
        return str(run)

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

    def write_app(self, lint: str) -> None:
        """The one app, with a repository in the home."""
        text = APP.format(home=self.home, registry=self.registry.address, lint=lint)
        (self.home / "apps" / "blog.yaml").write_text(text)

    def fill(self) -> None:
        """What a user puts there: a repository, secrets, and here a way to the registry. All owned by the containers' user."""
        docker.docker("network", "connect", f"{NAME}_runs", self.registry.name)
        (self.folder / "secrets" / "user").write_text(self.registry.user)
        (self.folder / "secrets" / "password").write_text(f"{self.registry.password}\n")
        shutil.copy(Path(__file__).parent / "forward.py", self.home)
        repository = self.home / "blog"
        repository.mkdir()
        for name, text in FILES.items():
            (repository / name).write_text(text)
        git(repository, "init", "-q", "-b", "development")
        git(repository, "add", ".")
        git(repository, "commit", "-q", "-m", "first")
        git(repository, "branch", "main")
        owner = self.home.stat()
        for folder in (self.home, self.folder / "secrets"):
            for path in folder.rglob("*"):
                if not path.is_symlink():
                    shutil.chown(path, owner.st_uid, owner.st_gid)


@contextlib.contextmanager
def service(registry: Registry) -> Iterator[RunningService]:
    """The service inside the block, whose runs reach this registry. What a killed test left behind is removed first."""
    running = RunningService(STATE / "test-service", free_port(), registry)
    _remove(running)
    running.folder.mkdir(parents=True)
    settings = {
        "SHIPLINE_PROJECT": NAME,
        "SHIPLINE_ADDRESS": "localhost",
        "SHIPLINE_LISTEN": "127.0.0.1",
        "SHIPLINE_HTTP_PORT": str(free_port()),
        "SHIPLINE_HTTPS_PORT": str(running.port),
        "SHIPLINE_URL": f"https://localhost:{running.port}",
    }
    (running.folder / "settings").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        running.words("up")
        running.fill()
        yield running
    finally:
        _remove(running)


def _remove(running: RunningService) -> None:
    if (running.folder / "settings").exists():
        docker.docker("network", "disconnect", "--force", f"{NAME}_runs", running.registry.name, check=False)
        running.words("down", "--volumes", check=False)
    shutil.rmtree(running.folder, ignore_errors=True)
