"""Doubled: GitHub does what it was asked to, and says 502, or nothing. What is there is found, and not made again."""

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from github import Auth, Github

from benchmarks.github.figures import Figures
from benchmarks.parts import Failed, Tell
from pipeline_defs.config import load_app
from pipeline_defs.github.api import GitHubUnavailable, Repository, open_repository
from tests.testbed.github import GitHubServer

REPOSITORY = "acme/shop"
FILE = """
repository: {repository}
image: 127.0.0.1:9/team/shop
github: {{api: "{api}", token: {{file: "{token}"}}}}
environments:
  production: {{hosts: a.example.org, directory: /opt/shop, compose: production.yml}}
"""
CONTEXT = "shipline/shop/deploy"
AWAY = 0.6
"""The part of the questions that fail; each is asked once more."""
MOST_TRIES = 100


def measure(tell: Tell, rounds: int = 25) -> Figures:
    """Write a deployment, its status, a commit's status and a release so many times; how many there are too many.

    Each is answered wrongly after it was made: with 502, or by closing the connection. In every second round most questions
    fail besides, so that GitHub cannot always be asked right afterwards.
    """
    with (
        tempfile.TemporaryDirectory(prefix="shipline-proof-") as folder,
        GitHubServer(validate=False) as github,
    ):
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.set_permission(REPOSITORY, "shipline", "write")
        token = github.create_token("shipline")
        repository = _open(Path(folder), github, token)
        for number in range(rounds):
            for kind in ("after", "closed_after"):
                _write(github, repository, f"{number}-{kind}", kind, away=number % 2 == 1)
        found = _count(github, token)
    wanted = rounds * 2
    tell(f"asked for {wanted} each, found: {dict(found)}")
    if missing := [name for name, count in found.items() if count < wanted]:
        raise Failed(f"not all were made: {', '.join(missing)}")
    return {"doubled_after_502": found.total() - wanted * len(found)}


def _open(folder: Path, github: GitHubServer, token: str) -> Repository:
    (folder / "token").write_text(token)
    (folder / "shop.yaml").write_text(FILE.format(repository=REPOSITORY, api=github.url, token=folder / "token"))
    return open_repository(load_app(folder / "shop.yaml"))


def _write(github: GitHubServer, repository: Repository, key: str, kind: str, *, away: bool) -> None:
    head = github.commit(REPOSITORY, {"a.txt": key})
    made: list[int] = []

    def write(path: str, deed: Callable[[], None]) -> None:
        github.fail(kind, "POST", path)
        if away:
            github.fail("before", "GET", times=None, probability=AWAY)
        _until_done(deed)
        if any(fault.method == "POST" for fault in github.world.faults.waiting):
            raise Failed(f"nothing was written to {path}")
        github.clear_faults()

    def deploy() -> None:
        made.append(repository.ensure_deployment(key, head, "production", production=True))

    write("/deployments$", deploy)
    write("/deployments/.*/statuses", lambda: repository.ensure_deployment_status(made[-1], "success", description=key))
    write("/statuses/", lambda: repository.ensure_status(head, CONTEXT, "success", key))
    write("/releases$", lambda: repository.ensure_release(f"v-{key}", head, key, "Notes"))


def _until_done(deed: Callable[[], None]) -> None:
    """As the sensor that reports does: what GitHub could not be told is told at a later look."""
    for _ in range(MOST_TRIES):
        try:
            return deed()
        except GitHubUnavailable:
            continue
    raise Failed(f"GitHub could not be told within {MOST_TRIES} tries")


def _count(github: GitHubServer, token: str) -> Counter[str]:
    """How many there are of each kind, as GitHub lists them."""
    access = Github(base_url=github.url, auth=Auth.Token(token), per_page=100, seconds_between_requests=None)
    with closing(access):
        repository = access.get_repo(REPOSITORY)
        deployments = list(repository.get_deployments())
        states = [status.state for deployment in deployments for status in deployment.get_statuses()]
        return Counter(
            deployments=len(deployments),
            deployment_statuses=len(states) - states.count("inactive"),  # which GitHub writes itself
            statuses=sum(len(github.statuses(REPOSITORY, sha)) for sha in github.log(REPOSITORY)),
            releases=repository.get_releases().totalCount,
        )
