"""Branch heads: a branch that ships has moved. Its newest head runs; what it was at in between is written down as superseded."""

from collections.abc import Iterator

from pipeline_defs.config import App
from pipeline_defs.github.api import GitHubError, GitHubUnavailable, Move, Repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.release.change import Change, Trigger
from pipeline_defs.release.commit_filter import asks_to_skip, concerns
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.release.shipline_commits import change_below

MOST = 50
"""Moves that one look answers, for it has a minute; the next look goes on from there."""

_NOTHING = "0" * 40
_MOST_OWN = 10
_REWRITTEN = ("behind", "diverged")


def poll_branch(app: App, repository: Repository, branch: str, handled: GitHubCursor, claims: Claims) -> GitHubCursor:
    """Answer every move of a branch since it was handled. A branch that is new has moved. Raises GitHubError."""
    known = handled.heads.get(branch, "")
    head = repository.head(branch, known)
    if head is None or head == known:
        return handled
    moves = _moves(repository, branch, known)
    places = _places(moves, head)
    if len(places) > MOST:
        for commit in _changes(app, repository, places[:MOST], known):
            claims.record(_change(app, branch, commit, known), head)
        return handled.with_head(branch, places[MOST - 1])
    commits = list(_changes(app, repository, places, known))
    if commits:
        *between, newest = commits
        changes = [_change(app, branch, commit, known) for commit in between]
        for change in changes:
            claims.record(change, newest)
        # Those that were claimed before, from a delivery, have runs of their own: what is new begins after the last of them.
        since = next((change.commit for change in reversed(changes) if claims.was_run(change)), known)
        by = next((move.actor for move in reversed(moves) if move.after == newest), "")
        claims.run(_newest(app, repository, branch, newest, since).model_copy(update={"actor": by}))
    return handled.with_head(branch, head)


def _moves(repository: Repository, branch: str, known: str) -> list[Move]:
    """How the branch moved since `known`, oldest first; nothing where GitHub keeps no account of it."""
    try:
        return repository.moves(branch, known) if known else []
    except GitHubUnavailable:
        raise
    except GitHubError:  # a server without this list, or a token that may not read it
        return []


def _places(moves: list[Move], head: str) -> list[str]:
    """Where the branch was, oldest first, `head` last."""
    places = [move.after for move in moves if move.after != _NOTHING]
    if head not in places:  # the list is some seconds late
        return [*places, head]
    return places[: len(places) - places[::-1].index(head)]  # later moves are for the next look


def _changes(app: App, repository: Repository, places: list[str], known: str) -> Iterator[str]:
    """The commits that people put there, each once, at its last place: Shipline's own commits stand for what is below them.

    Those that ask to be skipped, and those that change nothing of the app's own, are left out.
    """
    found = [_below_own(app, repository, place, known) for place in places]
    last = {commit: number for number, commit in enumerate(found) if commit}
    newest = [commit for number, commit in enumerate(found) if last.get(commit) == number]
    before = [known, *newest]
    return (
        commit for since, commit in zip(before, newest, strict=False) if _is_answered(app, repository, since, commit)
    )


def _is_answered(app: App, repository: Repository, since: str, commit: str) -> bool:
    """True unless what came with a commit asks to be skipped, or changes nothing of the app's own."""
    if asks_to_skip(repository.commit(commit).message):
        return False
    if not app.paths or not since:
        return True
    try:
        brought = repository.compare(since, commit)
    except GitHubUnavailable:
        raise
    except GitHubError:
        return True  # the commit before is gone: everything may be new
    return brought.status in _REWRITTEN or not brought.all_files or concerns(app.paths, brought.files)


def _below_own(app: App, repository: Repository, commit: str, known: str) -> str:
    """The change that a head stands for; empty where nothing but Shipline's own commits has come since `known`."""
    if app.versioning != "automatic":
        return commit
    for _ in range(_MOST_OWN):
        below = change_below(repository.commit(commit), app.version_file)
        if below is None:
            return commit
        if below == known:
            return ""
        commit = below
    return commit


def _newest(app: App, repository: Repository, branch: str, commit: str, since: str) -> Change:
    """The change that is run, with the pull request that was merged, and whether the branch was rewritten."""
    merged = [pull for pull in repository.pulls_of(commit) if pull.merge_commit == commit and pull.base == branch]
    change = _change(app, branch, commit, since)
    of_pull = {"pull": merged[0].number, "head_branch": merged[0].head_branch} if merged else {}
    return change.model_copy(update={"forced": _rewritten(repository, since, commit), **of_pull})


def _rewritten(repository: Repository, since: str, commit: str) -> bool:
    if not since:
        return False
    try:
        return repository.compare(since, commit).status in _REWRITTEN
    except GitHubUnavailable:
        raise
    except GitHubError:
        return True  # the commit that was handled is gone: there is nothing that this one could have grown from


def _change(app: App, branch: str, commit: str, since: str) -> Change:
    return Change(app=app.name, trigger=Trigger.MERGE, commit=commit, branch=branch, since=since)
