"""The example app and tasks for it, without anything that runs; and shells to try its commands in."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.config import App, Secret, load_app
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.route import Router
from pipeline_defs.release.records import Release
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.compose.bundle import needed_files
from pipeline_defs.server.core.command import Command, Result
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.facts import Facts

PASSWORD = "s3cr3t $(pa'ss) w0rd"
URL_PASSWORD = "elsewhere-pa55word"
LOGIN = '{"auths": {"registry.example.org": {"auth": "YWRhOnIzZzFzdHJ5LXc="}}}'
_SHELLS = (("sh",), ("dash",), ("bash", "--posix"), ("busybox", "sh"))
SHELLS = list({os.path.realpath(found): shell for shell in _SHELLS if (found := shutil.which(shell[0]))}.values())
"""The POSIX shells of this machine; a server may have any of them."""


@cache
def example() -> App:
    """`apps/shop.yaml`, read with none of its variables set, with a production that is replaced in place."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SHOP_")]:
            patch.delenv(name)
        app = load_app(PROJECT / "apps" / "shop.yaml")
    host = app.environments["production"].host.model_copy(update={"router": Router()})
    return with_environment(app, "production", route=None, hosts=(host,))


def with_environment(app: App, name: str, **changes: Any) -> App:
    """The app with one environment changed."""
    changed = app.environments[name].model_copy(update=changes)
    return app.model_copy(update={"environments": {**app.environments, name: changed}})


def site(folder: Path, environment: str = "production") -> Site:
    """A site of the example app whose directory is a folder of this machine."""
    return Site.of(with_environment(example(), environment, directory=folder), environment)


def release(version: str = "1.4.2", **changes: str) -> Release:
    """A release of the example app."""
    given = {
        "app": "shop",
        "repository": "registry.example.org/team/shop",
        "digest": f"sha256:{'ab' * 32}",
        "commit": "c" * 40,
        "configuration": "f" * 64,
    }
    return Release.model_validate({**given, "version": version, **changes})


def task(app: App, environment: str, **changes: Any) -> Task:
    """A task for one of the app's environments, with secrets that no command may show."""
    given = {
        "id": "20260131T120000Z-1a2b3c4d",
        "app": app,
        "environment": environment,
        "release": release(),
        "files": {path: b"content" for path in needed_files(Site.of(app, environment))},
        "settings": {"SHOP_DB_PASSWORD": Secret(PASSWORD), "PLAIN": "plain"},
        "registry_login": Secret(LOGIN),
        "run": "run-1",
        "actor": "tests",
        "addresses": {
            name: Secret(f"postgresql://a:{URL_PASSWORD}@db.example.org/{name}") for name in app.environments
        },
        "alive": lambda run: False,
        "say": lambda line: None,
        "listen": lambda line: None,
    }
    return Task(**{**given, **changes})


def facts(**changes: Any) -> Facts:
    """What a server said that runs nothing of the app yet."""
    given = {
        "engine": "28.2.2",
        "refusal": "",
        "compose": ("docker", "compose"),
        "platform": "linux/amd64",
        "free_bytes": 2**34,
        "database_up": False,
        "database_there": False,
        "running": None,
        "current": None,
        "folder": None,
    }
    return Facts(**{**given, **changes})


def run(command: Command, timeout: float = 60) -> Result:
    """Execute a command on this machine."""
    return LocalRunner().run(command, timeout=timeout)
