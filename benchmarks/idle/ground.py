"""Ground: a Shipline of its own that looks after so many apps, each with a git repository on this machine."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import yaml

from pipeline_defs.cli.running_service import Service
from pipeline_defs.config.home import PROJECT

_FILE = """
repository: {repository}
image: 127.0.0.1:9/bench/{name}
environments:
  production: {{hosts: [{{address: 127.0.0.1, port: 9}}], directory: /opt/{name}, compose: production.yml, auto_deploy: true}}
"""

_BRANCHES = ("development", "main")


class Ground:
    """The home of a Shipline with apps that nobody works on."""

    def __init__(self, folder: Path, count: int) -> None:
        """Make home, apps and repositories in an empty folder."""
        self.home = folder / "home"
        self._repositories = folder / "repositories"
        self._environment = os.environ | {"SHIPLINE_HOME": str(self.home), "SHIPLINE_APPS": str(folder / "apps")}
        self._environment.pop("SHIPLINE_WEBHOOKS", None)
        self._environment.pop("SHIPLINE_OBSERVE", None)
        self.home.mkdir(mode=0o700)
        (folder / "apps").mkdir()
        self.names = [f"app{number}" for number in range(count)]
        self._write_settings()
        first = self._repositories / self.names[0]
        _git("init", "--quiet", "--initial-branch=main", str(first))
        _git("-C", str(first), "commit", "--quiet", "--allow-empty", "--message=begin")
        _git("-C", str(first), "branch", "development")
        for name in self.names:
            if name != self.names[0]:
                _git("clone", "--quiet", "--bare", str(first), str(self._repositories / name))
            file = folder / "apps" / f"{name}.yaml"
            file.write_text(_FILE.format(name=name, repository=self._repositories / name))

    def _write_settings(self) -> None:
        """Dagster's settings as they are, except that no run leaves the queue: what a run costs is not what is measured."""
        settings = yaml.safe_load((PROJECT / "dagster.yaml").read_text())
        settings["concurrency"]["runs"]["max_concurrent_runs"] = 0
        (self.home / "dagster.yaml").write_text(yaml.safe_dump(settings))

    @contextmanager
    def running(self) -> Iterator[Service]:
        """Shipline runs until the block ends."""
        self._shipline("up", "--detach")
        try:
            service = Service.read(self.home / "service.json")
            assert service is not None
            yield service
        finally:
            self._shipline("down")

    def move(self, name: str) -> str:
        """A new commit on an app's development branch; gives its id."""
        repository = str(self._repositories / name)
        tree = _git("-C", repository, "rev-parse", "development^{tree}")
        commit = _git("-C", repository, "commit-tree", tree, "-p", "development", "-m", "move")
        _git("-C", repository, "update-ref", "refs/heads/development", commit)
        return commit

    def storage_bytes(self) -> int:
        """What Dagster's storage holds, without the space that is free in its files."""
        return sum(_used(file) for file in self.home.rglob("*.db") if file.is_file())

    def _shipline(self, *words: str) -> None:
        command = [sys.executable, "-m", "pipeline_defs.cli.main", "--json", *words]
        done = subprocess.run(command, cwd=PROJECT, env=self._environment, capture_output=True, text=True, timeout=240)
        if done.returncode:
            raise RuntimeError(f"shipline {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")


def _used(file: Path) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        pages, free, size = (
            int(database.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _git(*words: str) -> str:
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True).stdout.strip()
