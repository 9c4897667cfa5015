"""Polling: GitHub is asked what is there, and what is new is answered. The sensor looks at all, a delivery at what it is about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance
from filelock import FileLock, Timeout

from pipeline_defs.config import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.github.api import GitHubError, GitHubUnavailable, Repository
from pipeline_defs.github.changes.branch_heads import poll_branch
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.merge_queue import poll_queue
from pipeline_defs.github.changes.new_tags import poll_tags
from pipeline_defs.github.changes.pull_requests import poll_pull, poll_pulls
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.release.queue_branch import queue_branch
from pipeline_defs.runtime.code_server import CodeServerUnavailable

_SECONDS = 20.0


class Busy(ShiplineError):
    """Somebody else looks at the app, and takes long."""


@contextmanager
def exclusive(instance: DagsterInstance, app: App) -> Iterator[None]:
    """One look at an app at a time, on this machine: nobody acts on what was true before another one acted. Raises Busy."""
    folder = Path(instance.root_directory) / "locks"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"look-{app.name}.lock")
    try:
        lock.acquire(timeout=_SECONDS)
    except Timeout:
        raise Busy(f"GitHub is being asked about {app.name} already, and answers slowly") from None
    try:
        yield
    finally:
        lock.release()


def poll(
    app: App, repository: Repository, handled: GitHubCursor | None, claims: Claims
) -> tuple[GitHubCursor, list[str]]:
    """Answer everything that is new. Gives what is handled now, and a sentence for each thing that could not be asked.

    What failed is not handled, and is asked again at the next look. Without `handled` it is the first look: it answers
    nothing, and what comes from then on is handled.
    """
    if handled is None:
        return _baseline(app, repository, claims), []
    steps: list[Callable[[GitHubCursor], GitHubCursor]] = [
        *(_branch(app, repository, branch, claims) for branch in app.branches.shipping),
        lambda now: poll_queue(app, repository, now, claims),
        lambda now: poll_pulls(app, repository, now, claims),
        lambda now: poll_tags(app, repository, now, claims),
    ]
    wrong: list[str] = []
    for step in steps:
        try:
            handled = step(handled)
        except (GitHubUnavailable, CodeServerUnavailable) as error:
            return handled, [*wrong, str(error)]  # the others would only wait for the same
        except GitHubError as error:
            wrong.append(str(error))
    return handled, wrong


def poll_part(
    app: App, repository: Repository, handled: GitHubCursor, claims: Claims, *, branch: str = "", pull: int = 0
) -> None:
    """Answer one branch's moves, the merge queue, or one pull request. What is handled stays the sensor's to say: it will find it answered.

    Raises GitHubError and CodeServerUnavailable.
    """
    if branch in app.branches.shipping:
        poll_branch(app, repository, branch, handled, claims)
    if queue_branch(branch, app.branches.shipping):
        poll_queue(app, repository, handled, claims)
    if pull:
        found = repository.pull(pull)
        if found is not None:
            handled = poll_pull(app, repository, found, handled, claims)
            claims.give_up_pulls({number: seen for number, seen in handled.pulls.items() if number == str(pull)})


def _branch(app: App, repository: Repository, branch: str, claims: Claims) -> Callable[[GitHubCursor], GitHubCursor]:
    return lambda now: poll_branch(app, repository, branch, now, claims)


def _baseline(app: App, repository: Repository, claims: Claims) -> GitHubCursor:
    """What is there now. Raises GitHubError: a first look that is not whole would take the rest for new."""
    handled = GitHubCursor()
    for branch in app.branches.shipping:
        head = repository.head(branch)
        if head is not None:
            handled = handled.with_head(branch, head)
    handled = poll_pulls(app, repository, handled, claims, baseline=True)
    return poll_tags(app, repository, handled, claims)
