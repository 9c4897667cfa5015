"""Idle: what a look costs of GitHub's limit while nothing happens."""

import tempfile
import time
from pathlib import Path

from dagster import DagsterInstance

from benchmarks.github.figures import Figures
from benchmarks.parts import Tell
from pipeline_defs.config import App, load_app
from pipeline_defs.github.api import open_repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import poll
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.runtime.run_submission import Launcher
from tests.testbed.github import GitHubServer

FILE = """
repository: {repository}
image: 127.0.0.1:9/team/shop
github: {{api: "{api}", token: {{file: "{token}"}}, tags: true}}
environments:
  production: {{hosts: a.example.org, directory: /opt/shop, compose: production.yml}}
"""


def measure(tell: Tell, count: int = 100) -> Figures:
    """Let each of so many apps have a first look and an idle one; the requests of the idle ones that GitHub bills."""
    with (
        tempfile.TemporaryDirectory(prefix="shipline-proof-") as folder,
        GitHubServer(validate=False) as github,
        DagsterInstance.ephemeral() as instance,
    ):
        apps = [_make_app(Path(folder), github, number) for number in range(count)]
        first = {app.name: _look(instance, app, None) for app in apps}
        github.reset_requests()
        began = time.monotonic()
        for app in apps:
            _look(instance, app, first[app.name])
        asked = github.requests()
    tell(f"{count} idle looks: {asked['total']} requests, {asked['billed']} billed, {time.monotonic() - began:.1f} s")
    return {"idle_poll_billed_requests": asked["billed"]}


def _make_app(folder: Path, github: GitHubServer, number: int) -> App:
    """An app whose repository has two branches, a tag and an open pull request."""
    repository = f"acme/shop-{number}"
    github.create_repository(repository, files={"version.txt": "1.0.0\n"})
    github.set_permission(repository, "shipline", "write")
    github.create_branch(repository, "development", "main")
    github.tag(repository, "v1.0.0")
    github.commit(repository, {"a.txt": "a"}, branch="fix", by="dora")
    github.create_pull(repository, "fix", base="development", by="dora")
    token = folder / "token"
    if not token.exists():
        token.write_text(github.create_token("shipline"))
    file = folder / f"shop_{number}.yaml"
    file.write_text(FILE.format(repository=repository, api=github.url, token=token))
    return load_app(file)


def _look(instance: DagsterInstance, app: App, handled: GitHubCursor | None) -> GitHubCursor:
    """What is handled after a look as the sensor has it; where there is nothing to start no code server is needed."""
    claims = Claims(app, Launcher(instance, None), "idle", "github")
    now, wrong = poll(app, open_repository(app), handled, claims)
    assert not wrong and not claims.said, (wrong, claims.said)
    return now
