"""The menagerie: small apps and compose files as people have them, shipped on a real server of the bed.

Each folder of `tests/menagerie` that has an `app.yaml` is an app; `tests/menagerie/README.md` says what is in it.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from pipeline_defs.config import App, Secret
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.making import Build
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.resources.engine import Engine
from pipeline_defs.resources.registry import RegistryResource
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.server.bundle import configuration_hash
from pipeline_defs.server.command import Command, Listener, Result, Runner, script
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.rollback import rollback
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Report, Task
from tests.support.shop import environment, variables
from tests.testbed import images
from tests.testbed.bed import TestBed
from tests.testbed.progress import Progress

FOLDER = PROJECT / "tests" / "menagerie"
IMAGE = FOLDER / "image"
ROOT = "/opt/menagerie"
_PORTS = {"http": 8080, "https": 8443}

_WIPE = """
docker ps -aq --filter label=com.docker.compose.project | xargs -r docker rm -fv >/dev/null
docker volume ls -q --filter label=com.docker.compose.project | xargs -r docker volume rm -f >/dev/null
docker network ls -q --filter label=com.docker.compose.project | while read -r id; do
  docker network disconnect -f "$id" shipline-router 2>/dev/null || :; docker network rm "$id" >/dev/null; done
docker rm -fv shipline-router >/dev/null 2>&1 || :; docker volume rm shipline-router >/dev/null 2>&1 || :
rm -rf "$1"
"""
_CONTAINERS = """
docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False |
  xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{
    index .Config.Labels "com.docker.compose.config-hash"}} {{.State.Status}} {{.Id}} {{.Name}}'
"""
_READ = 'docker exec "$(docker ps -q --filter "label=com.docker.compose.project=$1" \
  --filter label=com.docker.compose.service=db | head -n 1)" cat "$2" 2>/dev/null || :'
_SET = """
id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=db | head -n 1)
[ -z "$id" ] || docker exec "$id" sh -c 'echo "$1" >/data/revision' set "$2"
"""


@dataclass(frozen=True)
class Animal:
    """One app of the menagerie: what it is, its environment's keys, and what is expected of it."""

    name: str
    what: str
    keys: Mapping[str, Any]
    expect: Mapping[str, Any]
    broken: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return FOLDER / self.name

    @contextmanager
    def checkout(self, *, following: bool, broken: bool = False) -> Iterator[Path]:
        """Its files as its first release has them, or the following one, or one that is broken."""
        with tempfile.TemporaryDirectory() as above:
            folder = Path(above, "workspace", "checkouts", "a", "files")
            shutil.copytree(self.folder, folder)
            if following and (self.folder / "next").exists():
                shutil.copytree(self.folder / "next", folder, dirs_exist_ok=True)
            if broken:
                self._break(folder / "production.yml")
            yield folder

    def _break(self, file: Path) -> None:
        old, new = self.broken["instead_of"], self.broken["has"]
        assert old in file.read_text(), old
        file.write_text(file.read_text().replace(old, new, 1))


def animals() -> list[Animal]:
    """All of them."""
    found = []
    for file in sorted(FOLDER.glob("*/app.yaml")):
        said = yaml.safe_load(file.read_text())
        parts = (said.get(key) or {} for key in ("environment", "expect", "broken"))
        found.append(Animal(file.parent.name, said["what"], *parts))
    return found


@dataclass(frozen=True)
class Seen:
    """A container as Docker shows it: service, image, hash of the configuration, state, id and name."""

    service: str
    image: str
    hash: str
    state: str
    id: str
    name: str


@dataclass
class Place:
    """An app on its server, with an image for each version."""

    bed: TestBed
    animal: Animal
    app: App
    server: Connection
    digests: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """Production."""
        return Site.of(self.app, "production")

    def release(self, version: str) -> Release:
        """A release of this version. Its commit is made from its version."""
        commit = version.replace(".", "").ljust(40, "0")
        return Release(
            app=self.app.name, version=version, repository=self.app.image, digest=self.digests[version], commit=commit
        )

    def task(self, version: str | None, *, broken: bool = False, **changes: Any) -> Task:
        """A task for a version, or for one that is broken; None for going back to what ran before."""
        site = self.site
        files: dict[str, bytes] = {}
        release = None
        if version is not None:
            following = version != "1.0.0"
            with self.animal.checkout(following=following, broken=broken) as checkout:
                files = release_files(site, checkout, {})
            release = self.release(version).model_copy(update={"configuration": configuration_hash(site, files, {})})
        registry = self._registry()
        return replace(
            Task(
                id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
                app=self.app,
                environment="production",
                release=release,
                files=files,
                settings={},
                registry_login=registry,
                run=f"run-{secrets.token_hex(4)}",
                actor="tests",
                alive=lambda _run: False,
                say=self.said.append,
                listen=lambda _line: None,
            ),
            **changes,
        )

    def _registry(self) -> Secret | None:
        with variables(environment(self.bed)):
            return RegistryResource().of(self.app).docker_config()

    def containers(self) -> list[Seen]:
        """The containers of the app, as Docker shows them."""
        shown = self.server.run(script(_CONTAINERS, self.site.project), timeout=60)
        assert shown.ok, shown.stderr
        return [Seen(*line.split()) for line in sorted(shown.stdout.splitlines())]

    def read(self, path: str) -> str:
        """A file in the database's container."""
        return self.server.run(script(_READ, self.site.project, path), timeout=60).stdout.strip()

    def set_revision(self, revision: str) -> None:
        """Make the database one of this revision, where there is one."""
        self.server.run(script(_SET, self.site.project, revision), timeout=60)

    def wipe(self) -> None:
        """Remove all that any app has on the server."""
        assert self.server.run(script(_WIPE, ROOT), timeout=300).ok


def kinds(seen: list[Seen]) -> list[tuple[str, str, str]]:
    """What runs: service, image and configuration of each container that is up."""
    return sorted((each.service, each.image, each.hash) for each in seen if each.state == "running")


def by_id(seen: list[Seen]) -> set[tuple[str, str, bool]]:
    """Every container with its name, and whether it is up."""
    return {(each.id, each.name, each.state == "running") for each in seen}


def prepare(bed: TestBed, progress: Progress, folder: Path) -> dict[str, str]:
    """Have what the apps are made of on the server, and an image for each version in the registry; gives the digests."""
    images.ensure_busybox(progress)
    bed.servers[0].load(images.BUSYBOX.name, images.CADDY.name)
    app = app_of(bed, Animal("single", "", {}, {}))
    engine = Engine.find(folder)
    digests = {}
    for version in ("1.0.0", "1.1.0"):
        tree = folder / f"tree-{version}"
        shutil.copytree(IMAGE, tree)
        tag = f"{app.image}:test-{version}-{secrets.token_hex(3)}"
        (tree / "version").write_text(version)
        image = engine.build(tree, tag, Build(), labels={"test": version, "shipline.app": app.name})
        with variables(environment(bed)):
            digests[version] = engine.push(image, RegistryResource().of(app), version)
        engine.remove(tag)
    return digests


def app_of(bed: TestBed, animal: Animal) -> App:
    """The app, with production on the bed's server."""
    server = bed.servers[0]
    host = {
        "address": server.host,
        "port": server.ssh_port,
        "key": str(bed.key),
        "known_hosts": str(bed.known_hosts),
        "router": _PORTS,
    }
    production = {
        "hosts": host,
        "directory": f"{ROOT}/{animal.name}",
        "compose": "production.yml",
        "health": {"timeout": 20},
        **animal.keys,
    }
    return App.model_validate(
        {
            "name": animal.name.replace("-", "_"),
            "repository": str(FOLDER),
            "image": f"{bed.registry.address}/tiny",
            "registry": {"username": {"env": "SHOP_REGISTRY_USER"}, "password": {"env": "SHOP_REGISTRY_PASSWORD"}},
            "test": None,
            "environments": {"production": production},
        }
    )


@contextmanager
def place(bed: TestBed, animal: Animal, digests: Mapping[str, str]) -> Iterator[Place]:
    """An app on a server that knows nothing of it yet, and from which it is removed in the end."""
    app = app_of(bed, animal)
    connection = Connection(app.environments["production"].host, [])
    connection.open()
    made = Place(bed, animal, app, connection, digests)
    try:
        made.wipe()
        yield made
        made.wipe()
    finally:
        connection.close()


@dataclass
class Faulty:
    """The real server, on which one step fails, once: instead of being executed, or, `late`, after it was."""

    server: Runner
    step: str
    late: bool
    failed: bool = False
    steps: list[str] = field(default_factory=list)

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        return self.server.run(self._broken(command), timeout=timeout, listen=listen)

    def _broken(self, command: Command) -> Command:
        """The command with a failing link, where it is a chain that has the step. Links are those of `server/chain.py`."""
        argv = command.argv
        if argv[:2] != ("sh", "-euc") or not argv[4].startswith("\x1e"):
            return command
        changed, rest = list(argv[:5]), list(argv[5:])
        while rest:
            verb, name, size, file, count = rest[:5]
            words, rest = rest[5 : 5 + int(count)], rest[5 + int(count) :]
            if verb != "start" and not name.startswith(("note in the ", "ask ", "lock", "unlock", "fence")):
                self.steps.append(name)
            if name == self.step and verb in ("do", "start") and not self.failed:
                self.failed = True
                does = '"$@"; ' if self.late else "cat >/dev/null; "
                words = ["sh", "-c", f'{does}echo "it does not work today" >&2; exit 1', "sh", *words]
            changed += [verb, name, size, file, str(len(words)), *words]
        return replace(command, argv=tuple(changed))


@dataclass
class Walk:
    """An app whose attempt fails at one step after the other, and what was wrong then: nothing, if all is well.

    The attempt is a deployment of the second version on the first; or, `back`, a rollback from the second to the first, to which the
    database is restored if a `backup` is given. `points` are the failures so far. A failure after which what ran before does not run
    is `broken`; one that changed something, and is reported as if it had not, is `wrongly_unchanged`.
    """

    place: Place
    back: bool = False
    backup: str | None = None
    points: int = 0
    broken: list[str] = field(default_factory=list)
    wrongly_unchanged: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The version that runs before each attempt."""
        return "1.1.0" if self.back else "1.0.0"

    def steps(self) -> list[str]:
        """The steps of the attempt, found by letting it succeed once; what ran before runs again afterwards."""
        watched = Faulty(self.place.server, "", late=False)
        report = self._attempt(watched)
        assert report.error is None, report.error
        self._to_base()
        return list(dict.fromkeys(watched.steps))

    def fail(self, step: str, *, late: bool) -> None:
        """Let the attempt fail at a step, and answer that as the report says."""
        place, where = self.place, f"{self.place.animal.name}, {step}, {'late' if late else 'early'}"
        place.set_revision(self.base)
        before, revision = place.containers(), place.read("/data/revision")
        faulty = Faulty(place.server, step, late=late)
        report = self._attempt(faulty)
        assert faulty.failed and report.outcome is Outcome.FAILED, where
        self.points += 1
        after = place.containers()
        changed = by_id(before) != by_id(after) or revision != place.read("/data/revision")
        if changed and not report.changed:
            self.wrongly_unchanged.append(f"{where}: {report.error}")
        if report.changed:
            self._answer(where, before, revision)
        elif kinds(before) != kinds(after):
            self.broken.append(f"{where}: other containers run")

    def _attempt(self, server: Runner) -> Report:
        if self.back:
            return rollback(self.place.task("1.0.0", restore_from=self.backup), server)
        return deploy(self.place.task("1.1.0"), server)

    def _answer(self, where: str, before: list[Seen], revision: str) -> None:
        answer = rollback(self.place.task(None), self.place.server)
        if answer.error or answer.live is None:
            self.broken.append(f"{where}: {answer.error}")
        elif answer.live.version == self.base:
            self._compare(f"{where}, left {answer.left}", before)
            if self.back and self.place.read("/data/revision") != revision:
                self.broken.append(f"{where}: the database is another one")
        else:  # it had come as far as the switch
            self._to_base()
            self._compare(where, before)

    def _compare(self, where: str, before: list[Seen]) -> None:
        other = set(kinds(before)) ^ set(kinds(self.place.containers()))
        if other:
            self.broken.append(f"{where}: {sorted(other)}")

    def _to_base(self) -> None:
        task = self.place.task(self.base)
        report = deploy(task, self.place.server) if self.back else rollback(task, self.place.server)
        assert report.error is None, report.error
