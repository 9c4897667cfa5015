"""What containers see of relative paths, on a real server: git's files by their content, and data that outlives every release."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config.retention import Retention
from pipeline_defs.release.records import Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.server.bundle import configuration_hash
from pipeline_defs.server.command import script
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.rollback import rollback
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Report, Task
from tests.integration.procedures import production
from tests.support.shop import Shop

SLEEPS = {"entrypoint": ["sh", "-c", "sleep infinity"], "init": True, "stop_grace_period": "1s"}
COMPOSE = {
    "services": {
        "web": {**SLEEPS, "image": "shop", "healthcheck": {"disable": True}, "volumes": ["./uploads:/uploads"]},
        "reader": {**SLEEPS, "image": "postgres:15", "user": "65534", "volumes": ["../ops/init:/init:ro"]},
        "runner": {
            **SLEEPS,
            "image": "postgres:15",
            "entrypoint": ["/run.sh"],
            "volumes": ["../ops/run.sh:/run.sh:ro"],
        },
        "watcher": {**SLEEPS, "image": "postgres:15", "env_file": ["app.env"], "volumes": ["./uploads:/uploads:ro"]},
    }
}

_IDS = """
docker ps --no-trunc --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.service"}} {{.ID}}'
"""
_IN = 'docker exec "$(docker ps -q -f "label=com.docker.compose.project=$1" -f "label=com.docker.compose.service=$2")" sh -c "$3"'


class App:
    """An app whose checkout is a folder here, deployed to the server of the bed."""

    def __init__(self, shop: Shop, folder: Path, release: Release, server: Connection) -> None:
        self.shop = shop.bare().changed(
            "production",
            compose="deploy/production.yml",
            database=None,
            migrate=None,
            downgrade=None,
            files=(),
            retention=Retention(releases=2),
        )
        self._sample = shop
        self.checkout = folder / "home" / "workspace" / "checkouts" / "0a" / "files"
        self._release, self.server = release, server
        self.write("deploy/production.yml", json.dumps(COMPOSE))
        self.write("deploy/app.env", "LEVEL=info\n")
        self.write("ops/init/a.sql", "select 1;\n", mode=0o600)
        self.write("ops/run.sh", "#!/bin/sh\nexec sleep infinity\n", mode=0o755)

    @property
    def site(self) -> Site:
        return production(self.shop)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.checkout / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def task(self, version: str) -> Task:
        files = release_files(self.site, self.checkout, {})
        changes = {"version": version, "configuration": configuration_hash(self.site, files, {})}
        made = replace(self._sample.task("production", None), app=self.shop.app, files=files, settings={})
        return replace(made, release=self._release.model_copy(update=changes))

    def deploy(self, version: str) -> dict[str, str]:
        """Deploy the checkout as it is now; gives the containers by service."""
        return self._done(deploy(self.task(version), self.server))

    def go_back(self, version: str, files: Callable[[], None]) -> dict[str, str]:
        """Roll back to the checkout that `files` makes."""
        files()
        return self._done(rollback(replace(self.task(version), frozen=True), self.server))

    def _done(self, report: Report) -> dict[str, str]:
        assert report.error is None, report.error
        return self.containers()

    def containers(self) -> dict[str, str]:
        said = self.server.run(script(_IDS, self.site.project), timeout=30).stdout
        return dict(line.split() for line in said.splitlines())

    def inside(self, service: str, words: str) -> str:
        done = self.server.run(script(_IN, self.site.project, service, words), timeout=30)
        assert done.ok, done.stderr
        return done.stdout.strip()

    def there(self, words: str) -> str:
        done = self.server.run(script(words, self.site.path()), timeout=60)
        assert done.ok, done.stderr
        return done.stdout.strip()


@pytest.fixture
def app(shop: Shop, tmp_path: Path, first: Release, server: Connection) -> App:
    return App(shop, tmp_path, first, server)


def replaced(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The services that have another container. The app's own has one with each release."""
    return {name for name in before if before[name] != after.get(name)} - {"web"}


def test_files_follow_their_release_and_data_outlives_them_all(app: App) -> None:
    running = app.deploy("1.0.0")
    assert app.inside("reader", "cat /init/a.sql; stat -c %a /init /init/a.sql") == "select 1;\n755\n644"
    app.inside("web", "echo kept >/uploads/file")

    again = app.deploy("1.1.0")
    assert replaced(running, again) == set()
    app.write("ops/init/a.sql", "select 2;\n")
    changed = app.deploy("1.2.0")
    assert replaced(again, changed) == {"reader"}
    assert app.inside("reader", "cat /init/a.sql") == "select 2;"

    back = app.go_back("1.1.0", lambda: app.write("ops/init/a.sql", "select 1;\n"))
    assert replaced(changed, back) == {"reader"}
    assert app.inside("reader", "cat /init/a.sql") == "select 1;"
    app.write("deploy/app.env", "LEVEL=debug\n")
    assert replaced(back, app.deploy("1.3.0")) == {"watcher"}

    for number in range(3):
        app.write("ops/run.sh", f"#!/bin/sh\n# {number}\nexec sleep infinity\n", mode=0o755)
        app.deploy(f"1.4.{number}")
    assert app.inside("watcher", "cat /uploads/file") == "kept"
    assert int(app.there('ls "$1/releases" | wc -l')) <= 3
    assert int(app.there('ls -d "$1"/files/* | wc -l')) <= 4, (
        "content that no release needs goes with the last that did"
    )


_OLD = """
old=$1/releases/0.9.0-old; mkdir -p "$old/deploy/uploads"
printf %s "$2" >"$old/shipline.release.json"; touch -d @0 "$old/shipline.release.json"
echo row >"$old/deploy/uploads/file"; ln -s "$old" "$1/current"
docker run -d --init --entrypoint sh --label "com.docker.compose.project=$3" --label com.docker.compose.service=old \
  -v "$old/deploy/uploads:/uploads" postgres:15 -c 'while sleep 0.1; do date >/uploads/last; done'
"""


def test_data_in_the_release_that_runs_is_taken_over_while_it_is_written(app: App, first: Release) -> None:
    site = app.site
    words = (site.path(), first.model_copy(update={"version": "0.9.0"}).model_dump_json(), site.project)
    made = app.server.run(script(_OLD, *words), timeout=60)
    assert made.ok, made.stderr
    running = made.stdout.split()[-1]
    app.deploy("1.0.0")
    assert app.inside("web", "cat /uploads/file") == "row"
    there = 'cat "$1/releases/0.9.0-old/deploy/uploads/file"; readlink "$1/releases/0.9.0-old/deploy/uploads"'
    assert app.there(there) == f"row\n{site.path('data/deploy/uploads')}"
    app.there(f"docker rm -f {running} 2>/dev/null || :")
    for number in range(3):
        app.write("deploy/app.env", f"LEVEL={number}\n")
        app.deploy(f"1.1.{number}")
    assert app.inside("web", "cat /uploads/file") == "row"


def test_retention_leaves_what_somebody_else_has_written(app: App, first: Release) -> None:
    left = '''mkdir -p "$1/releases/0.8.0-old/media"; printf '{}' >"$1/releases/0.8.0-old/shipline.release.json"
    echo photo >"$1/releases/0.8.0-old/media/photo"; touch -d 2020-01-01 "$1/releases/0.8.0-old"'''
    app.there(left)
    for number in range(4):
        app.write("deploy/app.env", f"LEVEL={number}\n")
        app.deploy(f"1.0.{number}")
    assert app.there('cat "$1/releases/0.8.0-old/media/photo"') == "photo"
