"""Look: GitHub is asked what is there, and what is new is answered. The sensor looks at all, a delivery at what it is about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance
from filelock import FileLock, Timeout

from pipeline_defs.changes.claims import Claims
from pipeline_defs.changes.heads import look_at_branch
from pipeline_defs.changes.pulls import look_at_pull, look_at_pulls
from pipeline_defs.changes.tags import look_at_tags
from pipeline_defs.code_server import CodeServerAway
from pipeline_defs.config import App
from pipeline_defs.errors import ShiplineError
from pipeline_defs.release.handled import Handled
from pipeline_defs.resources.github import GitHubAway, GitHubError, Repository

_SECONDS = 20.0


class Busy(ShiplineError):
    """Somebody else looks at the app, and takes long."""


@contextmanager
def alone(instance: DagsterInstance, app: App) -> Iterator[None]:
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


def look(app: App, repository: Repository, handled: Handled | None, claims: Claims) -> tuple[Handled, list[str]]:
    """Answer everything that is new. Gives what is handled now, and a sentence for each thing that could not be asked.

    What failed is not handled, and is asked again at the next look. Without `handled` it is the first look: it answers
    nothing, and what comes from then on is handled.
    """
    if handled is None:
        return _baseline(app, repository, claims), []
    steps: list[Callable[[Handled], Handled]] = [
        *(_branch(app, repository, branch, claims) for branch in app.branches.shipping),
        lambda now: look_at_pulls(app, repository, now, claims),
        lambda now: look_at_tags(app, repository, now, claims),
    ]
    wrong: list[str] = []
    for step in steps:
        try:
            handled = step(handled)
        except (GitHubAway, CodeServerAway) as error:
            return handled, [*wrong, str(error)]  # the others would only wait for the same
        except GitHubError as error:
            wrong.append(str(error))
    return handled, wrong


def look_at(
    app: App, repository: Repository, handled: Handled, claims: Claims, *, branch: str = "", pull: int = 0
) -> None:
    """Answer one branch's moves, or one pull request. What is handled stays the sensor's to say: it will find it answered.

    Raises GitHubError and CodeServerAway.
    """
    if branch in app.branches.shipping:
        look_at_branch(app, repository, branch, handled, claims)
    if pull:
        found = repository.pull(pull)
        if found is not None:
            handled = look_at_pull(app, repository, found, handled, claims)
            claims.give_up_pulls({number: seen for number, seen in handled.pulls.items() if number == str(pull)})


def _branch(app: App, repository: Repository, branch: str, claims: Claims) -> Callable[[Handled], Handled]:
    return lambda now: look_at_branch(app, repository, branch, now, claims)


def _baseline(app: App, repository: Repository, claims: Claims) -> Handled:
    """What is there now. Raises GitHubError: a first look that is not whole would take the rest for new."""
    handled = Handled()
    for branch in app.branches.shipping:
        head = repository.head(branch)
        if head is not None:
            handled = handled.with_head(branch, head)
    handled = look_at_pulls(app, repository, handled, claims, baseline=True)
    return look_at_tags(app, repository, handled, claims)
