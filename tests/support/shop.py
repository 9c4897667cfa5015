"""The sample app on a test bed: its configuration, its images, and tasks for its environments."""

import json
import os
import secrets
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline_defs.config import App, Secret, load_app
from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.records import Release
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.bundle import configuration_hash, needed_files
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.testbed.bed import TestBed
from tests.testbed.server import Server

SOURCE = PROJECT / "examples" / "shop"
DATABASE_PASSWORD = "ship-DB_pa55word"

PRODUCTION_ONLY_BUG = ("shop/settings.py", 'LIVE_ENVIRONMENT = "production"', 'LIVE_ENVIRONMENT = "prod"')
"""A bug that no test and no rehearsal sees: payments are live in an environment that is named otherwise."""

Edit = tuple[str, str, str]
"""A file of the sample app, a text in it, and what stands there instead."""


def edited(text: str, edit: Edit) -> str:
    """A file's text after an edit; the text that is replaced has to be there."""
    file, old, new = edit
    assert old in text, f"{file} no longer contains {old}"
    return text.replace(old, new)


def environment(bed: TestBed, **more: str) -> dict[str, str]:
    """The variables that `apps/shop.yaml` reads, for this bed."""
    return {**bed.environment(), "SHOP_DB_PASSWORD": DATABASE_PASSWORD, **more}


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process, and set them back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


WITHOUT_ROUTE = {"compose": ["production.yml", "ports.yml"], "route": None}
"""What production's part of the sample's file has where the app is replaced in place."""


def load(bed: TestBed) -> App:
    """The example's own file, read for this bed, with a production that is replaced in place; `routed` gives it its route."""
    with variables(environment(bed)):
        app = load_app(PROJECT / "apps" / "shop.yaml")
    in_place = app.environments["production"].model_copy(update={"overrides": ("ports.yml",), "route": None})
    return app.model_copy(update={"environments": {**app.environments, "production": in_place}})


@dataclass
class Shop:
    """The sample app on a bed, or the app whose files are in `source`. `said` collects what procedures said, for assertions."""

    bed: TestBed
    app: App
    folder: Path
    said: list[str] = field(default_factory=list)
    alive: set[str] = field(default_factory=set)
    source: Path = SOURCE

    def release(
        self,
        version: str,
        *edits: Edit,
        commit: str | None = None,
        files: Mapping[str, str] | None = None,
        platform: str = "",
        source: Path | None = None,
    ) -> Release:
        """Build the app with these edits and further files, push it, and give the release's outline."""
        tree = self.folder / f"tree-{version}"
        shutil.copytree(
            source or self.source, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
        for file, old, new in edits:
            (tree / file).write_text(edited((tree / file).read_text(), (file, old, new)))
        for file, text in (files or {}).items():
            (tree / file).write_text(text)
        build = self.app.build.model_copy(update={"platforms": (platform,)}) if platform else self.app.build
        engine = Engine.find(self.folder)
        with variables(environment(self.bed)):
            registry = RegistryResource().of(self.app)
        tag = f"{self.app.image}:test-{version}-{secrets.token_hex(3)}"
        image = engine.build(tree, tag, build, labels={"test": version, "shipline.app": "shop"})
        digest = engine.push(image, registry, version)
        engine.remove(tag, f"{self.app.image}:{version}")
        commit = commit or secrets.token_hex(20)
        return Release(app="shop", version=version, repository=self.app.image, digest=digest, commit=commit)

    def task(
        self,
        environment_name: str,
        release: Release | None,
        run: str = "run-1",
        source: Path | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Task:
        """A task for one of the app's environments, with the files of the sample app; `files` are others instead of these."""
        site = Site.of(self.app, environment_name)
        given = {path: text.encode() for path, text in (files or {}).items()}
        files_there = {
            path: given.get(path) or ((source or self.source) / path).read_bytes() for path in needed_files(site)
        }
        settings: dict[str, str | Secret] = {"SHOP_DB_PASSWORD": Secret(DATABASE_PASSWORD)}
        if release is not None:
            release = release.model_copy(update={"configuration": configuration_hash(site, files_there, settings)})
        with variables(environment(self.bed)):
            registry = RegistryResource().of(self.app)
        credentials = registry.credentials
        assert credentials is not None
        login = f'{{"auths": {{"{self.app.image.partition("/")[0]}": {{"auth": "{credentials.pair}"}}}}}}'
        return Task(
            id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            app=self.app,
            environment=environment_name,
            release=release,
            files=files_there,
            settings=settings,
            registry_login=Secret(login),
            run=run,
            actor="tests",
            alive=self.alive.__contains__,
            say=self.said.append,
            listen=lambda _line: None,
            platforms=registry.platforms(release.digest) if release else (),
        )

    def bare(self) -> "Shop":
        """The same shop without tests, e2e and revision in its environments: quick, for what is not about them."""
        bare = self
        for name in self.app.environments:
            bare = bare.changed(name, test=None, e2e=(), revision=None)
        return bare

    def changed(self, environment_name: str, **settings: object) -> "Shop":
        """The same shop with other settings in one of its environments."""
        environments = self.app.environments
        changed = environments[environment_name].model_copy(update=settings)
        app = self.app.model_copy(update={"environments": {**environments, environment_name: changed}})
        return replace(self, app=app)

    def of(self, source: Path) -> "Shop":
        """A shop of its own, with other files; its images are made beside them."""
        return Shop(self.bed, self.app, source.parent, source=source)

    def on(self, server: Server) -> "Shop":
        """The same shop on another server of the bed."""
        host = self.app.environments["production"].host
        moved = host.model_copy(update={"address": server.host, "port": server.ssh_port})
        return self.changed("staging", hosts=(moved,)).changed("production", hosts=(moved,))

    @contextmanager
    def server(self) -> Iterator[Connection]:
        """A connection to the environments' server that masks the database's password."""
        connection = Connection(self.app.environments["production"].host, [Secret(DATABASE_PASSWORD)])
        connection.open()
        try:
            yield connection
        finally:
            connection.close()

    def health(self, environment_name: str = "production") -> dict[str, str]:
        """What the app answers at /health, seen from outside."""
        url = f"{self.app.environments[environment_name].url}/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return dict(json.load(answer))


def deploy_bare(shop: Shop, release: Release, server: Connection) -> None:
    """Have a release in production, quickly: it is deployed without its tests."""
    report = deploy(shop.bare().task("production", release), server)
    assert report.error is None, report.error


def git(folder: Path, *words: str) -> str:
    """Run git in a folder as a fixed author; gives what it printed."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
