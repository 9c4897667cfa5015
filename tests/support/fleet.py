"""A fleet: an app of a few small programs on several servers of a bed, deployed by the procedures themselves."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline_defs.config import App, Secret, load_app
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.bundle import configuration_hash
from pipeline_defs.server.core.command import Command, Listener, Result
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.fleet.fleet_procedures import deploy_all, rollback_all
from pipeline_defs.server.fleet.member import Line
from tests.support import shop
from tests.testbed.bed import TestBed
from tests.testbed.server import PRODUCTION, Server

DESCRIBED = """
repository: {repository}
image: ${{SHOP_REGISTRY}}/{image}
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
test: null
environments:
  production:
    hosts: [{hosts}]
    directory: /opt/shipline/pair
    compose: pair.yml
"""
"""What an app's file for a fleet begins with; its environment may go on."""

_APP = (
    DESCRIBED
    + """\
    also: [{also}]
    health: {{timeout: 20}}
    migrate: [/bin/sh, -c, "echo $APP_VERSION >>/data/migrations"]
    revision: [/bin/sh, -c, "cat /data/migrations 2>/dev/null || :"]
    downgrade: [/bin/sh, -c, "echo {{revision}} >>/data/migrations"]
    test: {{command: [/bin/sh, -c, "echo tested"], junit: null}}
    e2e: {{command: [/bin/sh, -c, "echo $EXPECTED_VERSION"], junit: null}}
"""
)
_HOST = (
    '{{address: {0.host}, port: {0.ssh_port}, key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}", '
    "router: {{http: 8080, https: 8443}}{1}}}"
)

# A host says by a file for which version a container is sick there.
_COMPOSE = """\
x-program: &program
  image: pair
  command: [/bin/sh, -c, "while :; do sleep 600; done"]
  stop_signal: KILL
  volumes: [/opt/pair-data:/data]
services:
  web:
    <<: *program
    healthcheck: {test: [CMD, /bin/sh, -c, '[ ! -e "/data/sick-$$APP_VERSION" ]'], interval: 1s, retries: 1}
"""
_WITH_WORKER = """\
    depends_on: {worker: {condition: service_started}}
  worker: *program
"""
_DOCKERFILE = """
FROM debian:bookworm-slim AS debian
FROM scratch
COPY --from=debian /usr/bin/dash /bin/sh
COPY --from=debian /usr/bin/sleep /usr/bin/cat /bin/
COPY --from=debian /usr/lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/
COPY --from=debian /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 /lib64/
COPY content.txt /
"""
_RUNNING = """
for id in $(docker ps -q --filter label=com.docker.compose.project=pair-production); do
  docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "shipline.version"}}' "$id"; done
[ ! -e /opt/shipline/pair/current ] || echo "current $(basename "$(readlink -f /opt/shipline/pair/current)" | cut -d- -f1)"
"""
# The server is that of the other tests, too, and an app of theirs may still be at the router's port.
_WIPE = f"""
docker ps -q --filter publish={PRODUCTION} | xargs -r docker rm -fv
docker rm -fv shipline-router >/dev/null 2>&1 || :
docker volume rm shipline-router >/dev/null 2>&1 || :
docker ps -aq --filter label=com.docker.compose.project=pair-production | xargs -r docker rm -fv
docker network ls -q --filter label=com.docker.compose.project=pair-production | xargs -r docker network rm
rm -rf /opt/shipline/pair /opt/pair-data
"""

WEB, WORKER = "web", "worker"


def write_source(folder: Path, version: str, dockerfile: str = _DOCKERFILE) -> None:
    """Write what an image of this version is made of."""
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "content.txt").write_text(version)


@dataclass
class Fleet:
    """The app on servers; `roles` are those of each: with them it has a worker besides. `said` is what the procedures told.

    Another app of that name may be `described` in its place, with a compose file and a Dockerfile of its own.
    """

    bed: TestBed
    servers: Sequence[Server]
    folder: Path
    roles: Sequence[Sequence[str]] = ()
    image: str = "pair"
    said: list[str] = field(default_factory=list)
    alive: set[str] = field(default_factory=set)
    described: str = _APP
    compose: str = _COMPOSE
    dockerfile: str = _DOCKERFILE

    @property
    def app(self) -> App:
        """The app's file for these servers."""
        roles = [*self.roles, *[()] * (len(self.servers) - len(self.roles))]
        each = [
            _HOST.format(server, f", roles: [{', '.join(own)}]" if own else "")
            for server, own in zip(self.servers, roles, strict=True)
        ]
        file = self.folder / "pair.yaml"
        given = {"hosts": ", ".join(each), "also": WORKER if self.roles else "", "image": self.image}
        file.write_text(self.described.format(repository=self.folder / "repository", **given))
        with shop.variables(shop.environment(self.bed)):
            return load_app(file)

    @property
    def files(self) -> dict[str, bytes]:
        """The files of every commit."""
        return {"pair.yml": f"{self.compose}{_WITH_WORKER if self.roles else ''}".encode()}

    def on(self, *servers: Server, roles: Sequence[Sequence[str]] = ()) -> "Fleet":
        """The same app on other servers."""
        return replace(self, servers=servers, roles=roles)

    def release(self, version: str) -> Release:
        """Build and push a release."""
        tree = self.folder / f"tree-{version}"
        tree.mkdir()
        write_source(tree, version, self.dockerfile)
        engine, app = Engine.find(self.folder), self.app
        with shop.variables(shop.environment(self.bed)):
            registry = RegistryResource().of(app)
        tag = f"{app.image}:test-{version}-{secrets.token_hex(3)}"
        digest = engine.push(engine.build(tree, tag, app.build, labels={"test": version}), registry, version)
        engine.remove(tag, f"{app.image}:{version}")
        outline = Release(
            app="pair", version=version, repository=app.image, digest=digest, commit=secrets.token_hex(20)
        )
        frozen = configuration_hash(Site.of(app, "production"), self.files, {})
        return outline.model_copy(update={"configuration": frozen})

    def task(self, release: Release | None, run: str = "run-1") -> Task:
        """A task for all of its hosts."""
        app = self.app
        with shop.variables(shop.environment(self.bed)):
            login = RegistryResource().of(app).docker_config()
        return Task(
            id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            app=app,
            environment="production",
            release=release,
            files=self.files,
            settings={},
            registry_login=login,
            run=run,
            actor="tests",
            alive=self.alive.__contains__,
            say=self.said.append,
            listen=lambda _line: None,
            files_at=lambda _commit: self.files,
        )

    @contextmanager
    def lines(self) -> Iterator[list[Line]]:
        """A connection to each server; they are opened with the first command."""
        with ExitStack() as closing:
            lines: list[Line] = []
            for host in self.app.environments["production"].hosts:
                line = Connection(host, [Secret(self.bed.registry.password)])
                closing.callback(line.close)
                lines.append(line)
            yield lines

    def deploy(self, release: Release, through: "Through | None" = None, run: str = "run-1", **changes: Any) -> Report:
        """Deploy to all hosts; `through` may put something before a host's server, `changes` are other keys of the task."""
        with self.lines() as lines:
            return deploy_all(replace(self.task(release, run), **changes), through(lines) if through else lines)

    def rollback(
        self, release: Release | None = None, through: "Through | None" = None, run: str = "run-2", **changes: Any
    ) -> Report:
        """Go to a release, or to what all hosts are meant to run."""
        with self.lines() as lines:
            return rollback_all(replace(self.task(release, run), **changes), through(lines) if through else lines)

    def wipe(self) -> None:
        """Remove all of the app from the servers, and the router, which holds its network."""
        for server in self.servers:
            server.exec("sh", "-euc", _WIPE)
        self.said.clear()

    def running(self, server: Server) -> dict[str, str]:
        """What runs on a server, {service: version}, and what `current` says."""
        lines = server.exec("sh", "-euc", _RUNNING).splitlines()
        return dict(line.split() for line in lines)

    def migrations(self, server: Server) -> list[str]:
        """What the database of this app would be at, one after the other: a migration is a line in a file."""
        return server.exec("cat", "/opt/pair-data/migrations", check=False).split()

    @property
    def versions(self) -> list[str]:
        """The versions that are anywhere on the servers: one, or the fleet is mixed."""
        return sorted({version for server in self.servers for version in self.running(server).values()})


Through = Callable[[list[Line]], list[Line]]


_HEAD, _LINK = 5, 5
"""In a chain's command: the words before the first link, and those of a link before its own: verb, name, bytes, file, how many follow."""


def _at(command: Command, step: str) -> int | None:
    """Where the link of a step begins in a chain's command."""
    words, place = command.argv, _HEAD
    while place + _LINK <= len(words) and words[place + 4].isdecimal():
        if words[place : place + 2] == ("do", step):
            return place
        place += _LINK + int(words[place + 4])
    return None


@dataclass
class FailingLine:
    """The real server, on which one step fails, once, when its turn comes."""

    line: Line
    step: str
    failed: bool = False

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        place = None if self.failed else _at(command, self.step)
        if place is None:
            return self.line.run(command, timeout=timeout, listen=listen)
        self.failed = True
        fails = ("sh", "-c", 'echo "$0 does not work today" >&2; exit 1', self.step)
        words = ("do", self.step, "0", "", str(len(fails)), *fails)
        changed = replace(command, argv=(*command.argv[:place], *words, *command.argv[place:]))
        return self.line.run(changed, timeout=timeout, listen=listen)

    def close(self) -> None:
        """Hang up."""
        self.line.close()


@dataclass
class HeardLine:
    """The real server, of which is heard when a step begins there."""

    line: Line
    step: str
    then: Callable[[], None]

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""

        def hear(line: str) -> None:
            if listen:
                listen(line)
            if line.endswith(f" begin {self.step}"):
                self.step = "\0"
                self.then()

        return self.line.run(command, timeout=timeout, listen=hear)

    def close(self) -> None:
        """Hang up."""
        self.line.close()


def failing(step: str, number: int = 1) -> Through:
    """A step fails on the host with this number."""
    return lambda lines: [FailingLine(line, step) if place == number else line for place, line in enumerate(lines)]


def heard(step: str, number: int, then: Callable[[], None]) -> Through:
    """Something happens when a step begins on the host with this number."""
    return lambda lines: [HeardLine(line, step, then) if place == number else line for place, line in enumerate(lines)]


STEPS = ("pull ahead", "files", "pull", "start", "healthy", "test", "e2e", "switch", "tidy")
"""What a deployment does on the second host, in order."""


def fails_on_the_second(
    fleet: Fleet, before: Release, release: Release, steps: Sequence[str] = STEPS
) -> dict[str, Any]:
    """Deploy once for each step, which fails on the second host, and go back; `before` runs on all hosts, and has to again.

    After its switch a host has changed, and with the last one all have: then the release itself has to run on all.

    Gives `fail_points`; `mixed_fleets`, after how many of them the hosts ran anything else; and `mixed`, what that was, by step.
    """
    mixed: dict[str, list[str]] = {}
    for step in steps:
        report = fleet.deploy(release, failing(step))
        back = fleet.rollback() if report.changed else report
        meant = release if step == "tidy" else before
        right = report.outcome is Outcome.FAILED and (not report.changed or back.error is None)
        if fleet.versions != [meant.version] or not right:
            mixed[step] = [*fleet.versions, back.error or report.error or "no error"]
        if fleet.versions != [before.version]:
            fleet.rollback(before)
    return {"fail_points": len(steps), "mixed_fleets": len(mixed), "mixed": mixed}
