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
from pipeline_defs.config.build import Build
from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.records import Release
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.bundle import configuration_hash
from pipeline_defs.server.compose.site_settings import settings_of
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
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
docker volume ls -q --filter name=menagerie_ | xargs -r docker volume rm -f >/dev/null
docker network ls -q --filter name=menagerie_ | xargs -r docker network rm >/dev/null
rm -rf "$1" /srv/menagerie
"""
_OF_PROJECT = """
docker ps -a --filter "label=com.docker.compose.project=$1" --format '{{.Names}}'
docker volume ls -q --filter "label=com.docker.compose.project=$1"
"""
_MADE_BY_HAND = 'for each in $2; do docker "$1" create "$each"; done'
# Stands for another major version of PostgreSQL, of which the bed has one.
_NEWER_POSTGRES = """
id=$(docker create postgres:15); docker commit --change 'ENV PG_MAJOR=17' "$id" newer-postgres:17; docker rm "$id"
"""
_CONTAINERS = """
docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False |
  xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{
    if or .HostConfig.VolumesFrom (eq (printf "%.10s" .HostConfig.NetworkMode) "container:")}}shares{{else}}{{
    index .Config.Labels "com.docker.compose.config-hash"}}{{end}} {{.State.Status}} {{.Id}} {{.Name}}'
"""
_READ = 'docker exec "$(docker ps -q --filter "label=com.docker.compose.project=$1" \
  --filter label=com.docker.compose.service=db | head -n 1)" cat "$2" 2>/dev/null || :'
_CONTAINER = """
id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2" | head -n 1)
"""
_WRITE_ROW = (
    _CONTAINER
    + """docker exec "$id" psql -h 127.0.0.1 -U shop -d shop -v ON_ERROR_STOP=1 \\
  -c 'create table if not exists kept (n serial)' -c 'insert into kept default values'"""
)
_ROWS = (
    _CONTAINER
    + """docker exec "$id" psql -h 127.0.0.1 -U shop -d shop -Atc 'select count(*) from kept' 2>/dev/null || echo 0"""
)
_WRITE_LINE = _CONTAINER + """docker exec "$id" sh -c 'echo kept >>"$1/kept"' write "$3" """
_LINES = _CONTAINER + """docker exec "$id" cat "$3/kept" 2>/dev/null | wc -l"""
_SET = """
id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=db | head -n 1)
[ -z "$id" ] || docker exec "$id" sh -c 'echo "$1" >/data/revision' set "$2"
"""


@dataclass(frozen=True)
class Animal:
    """One app of the menagerie: what it is, its environment's keys, and what is expected of it.

    Attributes:
        keys: of its environment `production`; expect, broken: see the README of the menagerie.
        refused, refused_next: patterns that match why its first release, or its second, is refused; empty where it is not.
        rows, files: where it keeps data: `SERVICE:PATH`, or `postgres`. Rows come back with a restore of the database.
        server: volumes and networks that are made by hand before its first release.
    """

    name: str
    what: str
    keys: Mapping[str, Any]
    expect: Mapping[str, Any]
    broken: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    refused_next: str = ""
    rows: str = ""
    files: str = ""
    server: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """False for one that is refused."""
        return not (self.refused or self.refused_next)

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
                self._break(folder / self.broken.get("file", "production.yml"))
            (folder / "staging.yml").write_text(_without_ports(folder / "production.yml"))
            yield folder

    def _break(self, file: Path) -> None:
        old, new = self.broken["instead_of"], self.broken["has"]
        assert old in file.read_text(), old
        file.write_text(file.read_text().replace(old, new, 1))


def _without_ports(file: Path) -> str:
    """A compose file for a rehearsal: the same without the ports, which production has."""
    data = yaml.safe_load(file.read_text())
    for service in data["services"].values():
        service.pop("ports", None)
    return yaml.safe_dump(data)


def animals() -> list[Animal]:
    """All of them."""
    found = []
    for file in sorted(FOLDER.glob("*/app.yaml")):
        said = yaml.safe_load(file.read_text().replace("$HERE", str(file.parent)))
        keys, expect = said.pop("environment", None) or {}, said.pop("expect", {})
        found.append(Animal(file.parent.name, said.pop("what"), keys, expect, **said))
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
        environment = changes.get("environment", "production")
        site = Site.of(self.app, environment)
        settings = settings_of(site)
        files: dict[str, bytes] = {}
        release = None
        if version is not None:
            following = version != "1.0.0"
            with self.animal.checkout(following=following, broken=broken) as checkout:
                files = release_files(site, checkout, settings)
            release = self.release(version).model_copy(
                update={"configuration": configuration_hash(site, files, settings)}
            )
        registry = self._registry()
        return replace(
            Task(
                id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
                app=self.app,
                environment="production",
                release=release,
                files=files,
                settings=settings,
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

    def write_data(self) -> None:
        """Add a row and a file's line where the app keeps such."""
        for where in filter(None, (self.animal.rows, self.animal.files)):
            service, _, path = where.partition(":")
            sql = service == "postgres"
            text = script(_WRITE_ROW if sql else _WRITE_LINE, self.site.project, "db" if sql else service, path)
            done = self.server.run(text, timeout=60)
            assert done.ok, done.stderr

    def rows(self) -> int:
        """How many rows there are; 0 where the app has no place for them."""
        return self._count(self.animal.rows)

    def lines(self) -> int:
        """How many lines of files there are."""
        return self._count(self.animal.files)

    def _count(self, where: str) -> int:
        service, _, path = where.partition(":")
        if not service:
            return 0
        sql = service == "postgres"
        asked = script(_ROWS if sql else _LINES, self.site.project, "db" if sql else service, path)
        return int(self.server.run(asked, timeout=60).stdout.strip() or 0)

    def make_by_hand(self) -> None:
        """Make what is there before the first release."""
        for kind in ("volume", "network"):
            names = " ".join(self.animal.server.get(f"{kind}s", []))
            assert self.server.run(script(_MADE_BY_HAND, kind, names), timeout=60).ok

    def left_of_staging(self) -> str:
        """The containers and volumes of a rehearsal that are there."""
        project = Site.of(self.app, "staging").project
        return self.server.run(script(_OF_PROJECT, project), timeout=60).stdout.strip()

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
    """Have what the apps are made of on the servers, and an image for each version in the registry; gives the digests."""
    images.ensure_busybox(progress)
    for server in bed.servers:
        server.load(images.BUSYBOX.name, images.CADDY.name, images.POSTGRES.name)
        server.exec("sh", "-ec", _NEWER_POSTGRES)
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


def app_of(bed: TestBed, animal: Animal, number: int = 0) -> App:
    """The app, with production on a server of the bed."""
    return described(animal, host_of(bed, number), f"{bed.registry.address}/tiny")


def host_of(bed: TestBed, number: int = 0) -> dict[str, Any]:
    """A server of the bed, as an app's file names it."""
    server = bed.servers[number]
    files = {"key": str(bed.key), "known_hosts": str(bed.known_hosts)}
    return {"address": server.host, "port": server.ssh_port, "router": _PORTS, **files}


def described(animal: Animal, host: Mapping[str, Any], image: str) -> App:
    """The app, with production on this host."""
    return App.model_validate(document(animal, host, image))


def document(animal: Animal, host: Mapping[str, Any], image: str) -> dict[str, Any]:
    """What the app's file says."""
    production = {
        "hosts": host,
        "directory": f"{ROOT}/{animal.name}",
        "compose": "production.yml",
        "health": {"timeout": 20},
        **animal.keys,
    }
    environments = {"production": production}
    if "database" in animal.keys:
        only_there = ("route", "watch")
        same = {key: value for key, value in production.items() if key not in only_there}
        place = {"directory": f"{ROOT}/{animal.name}-staging", "compose": "staging.yml", "rehearses": "production"}
        environments["staging"] = {**same, **place}
    return {
        "name": animal.name.replace("-", "_"),
        "repository": str(FOLDER),
        "image": image,
        "registry": {"username": {"env": "SHOP_REGISTRY_USER"}, "password": {"env": "SHOP_REGISTRY_PASSWORD"}},
        "test": None,
        "environments": environments,
    }


@contextmanager
def place(bed: TestBed, animal: Animal, digests: Mapping[str, str], number: int = 0) -> Iterator[Place]:
    """An app on a server of the bed that knows nothing of it yet, and from which it is removed in the end."""
    app = app_of(bed, animal, number)
    connection = Connection(app.environments["production"].host, [])
    connection.open()
    made = Place(bed, animal, app, connection, digests)
    try:
        made.wipe()
        made.make_by_hand()
        yield made
        made.wipe()
    finally:
        connection.close()
