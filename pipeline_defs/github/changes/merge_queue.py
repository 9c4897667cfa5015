"""Merge queue: each merge that GitHub's queue is about to make is checked, and its head gets the statuses that the queue waits for."""

from pipeline_defs.config import App
from pipeline_defs.github.api import GitHubError, GitHubUnavailable, Repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.release.change import Change, Trigger
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.release.queue_branch import QUEUE_BOT, QUEUE_PREFIX, QueueBranch, queue_branch

_NOTHING = "0" * 40
_MERGED = ("behind", "identical")


def poll_queue(app: App, repository: Repository, handled: GitHubCursor, claims: Claims) -> GitHubCursor:
    """Check the head of each branch of the queue, and give up the runs of those that left it. Raises GitHubError.

    Branches that are there at the first look are checked too: the queue waits for them.
    """
    found, known = repository.branches_below(QUEUE_PREFIX, handled.queue_known or None)
    if found is not None:
        handled = _answer(app, repository, found, handled, claims)
        # While it is unclear who made a branch the list is read again.
        handled = handled.model_copy(update={"queue_known": {} if handled.queue_unclear else known})
    for run, base, commit in claims.queue_runs():
        if commit not in handled.queue.values() and not _is_merged(repository, base, commit):
            claims.give_up_queued(run)
    return handled


def _answer(
    app: App, repository: Repository, found: dict[str, str], handled: GitHubCursor, claims: Claims
) -> GitHubCursor:
    """Claim a run for each head that is new; `found` is {branch: head}."""
    queue: dict[str, str] = {}
    unclear: list[str] = []
    for name, head in found.items():
        branch = queue_branch(name, app.branches.shipping)
        if branch is None:
            continue
        queue[name] = head
        asked = name in handled.queue_unclear
        if handled.queue.get(name) == head and not asked:
            continue
        trusted = _is_trusted(app, repository, name, head)
        if trusted is None and not asked:
            unclear.append(name)
        else:
            claims.run(_change(app, branch, head), untrusted=not trusted)
    return handled.model_copy(update={"queue": queue, "queue_unclear": tuple(unclear)})


def _is_trusted(app: App, repository: Repository, name: str, head: str) -> bool | None:
    """Whether the code may run as merged code does. None while GitHub's list of activities does not have the branch yet.

    GitHub's own account makes a branch of the queue only once all that the base branch asks of a merge but the checks is given.
    A branch with such a name that a person pushed is confined as a pull request is.
    """
    assert app.github is not None
    if not app.github.confines(fork=False):
        return True
    try:
        moves = repository.moves(name, _NOTHING)
    except GitHubUnavailable:
        raise
    except GitHubError:  # a server without this list, or a token that may not read it
        return False
    if not moves or moves[-1].after != head:
        return None
    return all(move.actor == QUEUE_BOT for move in moves)


def _change(app: App, branch: QueueBranch, head: str) -> Change:
    return Change(
        app=app.name,
        trigger=Trigger.QUEUE,
        commit=head,
        branch=branch.base,
        since=branch.since,
        pull=branch.pull,
        head_branch=branch.name,
    )


def _is_merged(repository: Repository, base: str, commit: str) -> bool:
    """Whether a commit of the queue has become part of its base branch."""
    try:
        return repository.compare(base, commit).status in _MERGED
    except GitHubUnavailable:
        raise
    except GitHubError:
        return False
