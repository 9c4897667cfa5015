"""Ground: a newcomer's machine: a home, a checkout of Shipline made a moment ago, a server by its name, and repositories of apps."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.parts import Failed, tell
from pipeline_defs.config.home import PROJECT
from tests.support.shop import git
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.images import NEWMAN

SERVER = "apps-server"
"""The name of the server in the newcomer's SSH configuration."""

_NODE = "node:22-slim"
_STAND_IN = f'FROM {NEWMAN.name}\nENTRYPOINT []\nCMD ["node"]\n'
_SECONDS = 600
_VERBS = re.compile(r"shipline (?:run )?([a-z-]+)")


@dataclass
class Said:
    """What a command printed, and how it ended."""

    status: int
    text: str

    @property
    def first(self) -> str:
        """The first sentence that says what is wrong, with what to do about it where that stands below.

        Of a run it is what stands above its end.
        """
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        if (end := next((number for number, line in enumerate(lines) if line.startswith("✗ failed after")), 0)) > 0:
            return lines[end - 1]
        for marks in (("✗", "shipline:"), ("!",)):
            for number, line in enumerate(lines):
                if line.startswith(marks):
                    below = lines[number + 1] if number + 1 < len(lines) else ""
                    return f"{line} {below}" if below.startswith("→") else line
        return ""


@dataclass
class Ground:
    """What the newcomer has. `commands` counts what was typed."""

    bed: TestBed
    home: Path
    environment: Mapping[str, str]
    began: float
    commands: int = 0
    described: dict[str, Any] = field(
        default_factory=lambda: yaml.safe_load((Path(__file__).parent / "apps.yaml").read_text())
    )

    @property
    def shipline_home(self) -> Path:
        """The home that getting started names."""
        return self.home / "shipline-home"

    def app_file(self, app: str) -> Path:
        """The app's file."""
        return self.shipline_home / "apps" / f"{app}.yaml"

    def call(self, *words: str, given: str = "") -> Said:
        """Type a command, as the page of getting started has it."""
        self.commands += 1
        _must_be_documented(words)
        done = subprocess.run(
            words,
            env=dict(self.environment),
            cwd=self.home,
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        return Said(done.returncode, done.stdout + done.stderr)

    def must(self, *words: str, given: str = "") -> Said:
        """Type a command that has to go well. Raises Failed with what it said."""
        said = self.call(*words, given=given)
        if said.status:
            raise Failed(f"{' '.join(words)} ended with {said.status}:\n{said.text}")
        return said

    def be_up(self) -> None:
        """Start Shipline, once for all apps: a running one sees each further app's file by itself."""
        if not (self.shipline_home / "service.json").exists():
            self.must("shipline", "up", "--detach")

    def ask(self, *words: str) -> Any:
        """What a command answers as JSON; not counted."""
        done = subprocess.run(
            ["shipline", "--json", *words],
            env=dict(self.environment),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        return json.loads(done.stdout)

    def clone(self, app: str, *, name: str = "", **changed: str) -> Path:
        """A clone of the app's repository, which the newcomer has; some of its files may be changed."""
        name = name or app
        origin, clone = self.home / "git" / f"{name}.git", self.home / "src" / name
        told = self.described[app]
        branch = f"--initial-branch={told['branch']}"
        origin.mkdir(parents=True)
        git(origin, "init", "-q", "--bare", branch)
        clone.mkdir(parents=True)
        git(clone, "init", "-q", branch)
        for path, text in {**told["files"], **changed}.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(text)
        git(clone, "remote", "add", "origin", str(origin))
        self.publish(clone, "first", tag=told.get("tag", ""))
        return clone

    def publish(self, clone: Path, message: str, *, tag: str = "") -> None:
        """Commit all there is and push it."""
        git(clone, "add", "-A")
        git(clone, "commit", "-q", "-m", message)
        if tag:
            git(clone, "tag", tag)
        git(clone, "push", "-q", "--tags", "origin", "HEAD")


@contextmanager
def furnished(bed: TestBed, home: Path) -> Iterator[Ground]:
    """The newcomer's machine, with Shipline set up from a clean checkout. What was made on this machine's Engine is removed."""
    began = time.monotonic()
    with _node():
        checkout = home / "shipline"
        git(PROJECT, "clone", "-q", str(PROJECT), str(checkout))
        ground = Ground(bed, home, _environment(bed, home, checkout), began)
        (ground.shipline_home / "apps").mkdir(parents=True, mode=0o700)
        (ground.shipline_home / ".env").touch(mode=0o600)
        _ssh(bed, home)
        _set_up(checkout, ground.environment)
        try:
            yield ground
        finally:
            subprocess.run([checkout / ".venv/bin/shipline", "down"], env=dict(ground.environment), capture_output=True)


def _set_up(checkout: Path, environment: Mapping[str, str]) -> None:
    """`make setup`; with SETUP=0 the checkout takes the virtual environment of this one. Raises Failed."""
    began = time.monotonic()
    if os.environ.get("SETUP") == "0":
        (checkout / ".venv").symlink_to(PROJECT / ".venv")
        return
    done = subprocess.run(["make", "setup"], cwd=checkout, env=dict(environment), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"make setup: {done.stderr.strip()}")
    tell(f"make setup took {time.monotonic() - began:.0f} s")


def _environment(bed: TestBed, home: Path, checkout: Path) -> dict[str, str]:
    """A shell's variables after step 2 of getting started. Packages that were fetched before are fetched from pip's cache."""
    cache = os.environ.get("PIP_CACHE_DIR") or str(Path("~/.cache/pip").expanduser())
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SHIPLINE_", "DAGSTER_", "SHOP_"))
    }
    compose = {name: value for name, value in bed.environment().items() if name == "SHIPLINE_COMPOSE"}
    return {
        **kept,
        **compose,
        "HOME": str(home),
        "PIP_CACHE_DIR": cache,
        "PATH": f"{checkout / '.venv' / 'bin'}:{os.environ['PATH']}",
        "SHIPLINE_HOME": str(home / "shipline-home"),
        "SHIPLINE_APPS": str(home / "shipline-home" / "apps"),
    }


def _ssh(bed: TestBed, home: Path) -> None:
    """The server under a name of its own, and the key that lets in."""
    folder = home / ".ssh"
    folder.mkdir(mode=0o700)
    shutil.copy(bed.key, folder / "id_ed25519")
    server = bed.servers[0]
    lines = (
        f"Host {SERVER}",
        f"  HostName {server.host}",
        f"  Port {server.ssh_port}",
        f"  IdentityFile {folder / 'id_ed25519'}",
    )
    (folder / "config").write_text("\n".join(lines) + "\n")


@contextmanager
def _node() -> Iterator[None]:
    """An image of Node.js under its usual name, made of the bed's own, where there is none."""
    there = docker.succeeds("image", "inspect", _NODE)
    if not there:
        docker.docker("build", "--quiet", "--tag", _NODE, "-", input=_STAND_IN)
    try:
        yield
    finally:
        if not there:
            docker.docker("rmi", _NODE, check=False)


def _must_be_documented(words: tuple[str, ...]) -> None:
    """Raise Failed for a command of Shipline that getting started does not have."""
    if words[0] != "shipline":
        return
    page = (PROJECT / "docs" / "getting-started.md").read_text()
    verb = next(word for word in words[1:] if word != "run")
    if verb not in _VERBS.findall(page):
        raise Failed(f"docs/getting-started.md has no command shipline {verb}")
