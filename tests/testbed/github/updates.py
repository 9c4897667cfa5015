"""A reference moves: everything that follows from it, whether it moved by a push, a merge or the API."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tests.testbed.github import payloads
from tests.testbed.github.records import NOBODY, Event, Issue, Repo, User
from tests.testbed.github.rest import ApiError, iso

if TYPE_CHECKING:
    from tests.testbed.github.world import World


def move(world: World, repo: Repo, ref: str, sha: str | None, by: User | None, kind: str | None = None) -> None:
    """Point a reference to a SHA (None: delete it) and let everything follow; `kind` names a merge."""
    before = repo.git.ref(ref)
    if sha is None:
        repo.git.delete_ref(ref)
    elif sha != before:
        try:
            repo.git.set_ref(ref, sha)
        except OSError:
            raise ApiError(422, "Reference update failed") from None
    if sha != before:
        moved(world, repo, ref, before, sha, by, kind)


def moved(
    world: World,
    repo: Repo,
    ref: str,
    before: str | None,
    after: str | None,
    by: User | None,
    kind: str | None = None,
    announced: bool = True,
) -> None:
    """What follows from a reference that has moved: activity (of branches), events unless told, pull requests."""
    repo.pushed_at = world.now()
    forced = bool(before and after) and not repo.git.contains(repo.git.peel(after or ""), repo.git.peel(before or ""))
    if ref.startswith("refs/heads/"):
        _record(world, repo, ref, before, after, by, kind or _kind(before, after, forced))
    if announced:
        make = functools.partial(payloads.push, world, repo, ref, before, after, forced, by)
        world.deliveries.send(repo, "push", make)
        if before is None or after is None:
            name = "create" if before is None else "delete"
            world.deliveries.send(repo, name, lambda: payloads.create_or_delete(world, repo, ref, by))
    if ref.startswith("refs/heads/"):
        _pull_requests(world, repo, ref.removeprefix("refs/heads/"), before, after, by)


def _record(
    world: World, repo: Repo, ref: str, before: str | None, after: str | None, by: User | None, kind: str
) -> None:
    repo.activities.append(
        {
            "id": world.id(),
            "before": before or NOBODY,
            "after": after or NOBODY,
            "ref": ref,
            "timestamp": iso(world.now()),
            "activity_type": kind,
            "actor": by,
        }
    )


def _kind(before: str | None, after: str | None, forced: bool) -> str:
    if before is None:
        return "branch_creation"
    if after is None:
        return "branch_deletion"
    return "force_push" if forced else "push"


def _pull_requests(
    world: World, repo: Repo, branch: str, before: str | None, after: str | None, by: User | None
) -> None:
    for other in [*world.repos.values()]:
        for issue in other.pulls:
            pull = issue.pull
            if not pull or issue.state != "open":
                continue
            if pull.head_repo is repo and pull.head_ref == branch:
                _head_moved(world, other, issue, before, after, by)
            if other is repo and pull.base_ref == branch and issue.state == "open":
                _base_moved(world, repo, issue, after, by)


def _head_moved(world: World, repo: Repo, issue: Issue, before: str | None, after: str | None, by: User | None) -> None:
    pull = issue.pull
    assert pull, "a pull request"
    if after is None:
        close(world, repo, issue, by)
        return
    pull.head_sha, pull.mergeable, pull.asked = after, None, 0
    issue.updated_at = world.now()
    repo.git.set_ref(f"refs/pull/{issue.number}/head", after)
    more = {"before": before or NOBODY, "after": after}
    world.deliveries.send(
        repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "synchronize", by, more)
    )


def _base_moved(world: World, repo: Repo, issue: Issue, after: str | None, by: User | None) -> None:
    pull = issue.pull
    assert pull, "a pull request"
    if after is None:
        close(world, repo, issue, by)
    elif repo.git.contains(after, pull.head_sha):
        # Its commits reached the base by a push: GitHub marks it as merged, by whoever pushed.
        finish(world, repo, issue, by, _carrier(repo, after, pull.head_sha))
    else:
        pull.base_sha, pull.mergeable, pull.asked = after, None, 0


def _carrier(repo: Repo, base: str, head: str) -> str:
    """The commit on the base's first-parent line that brought the head in."""
    while repo.git.commit(base).parents and repo.git.contains(repo.git.commit(base).parents[0], head):
        base = repo.git.commit(base).parents[0]
    return base


def finish(world: World, repo: Repo, issue: Issue, by: User | None, result: str) -> None:
    """Mark a pull request as merged; `result` is the commit by which its changes arrived."""
    pull = issue.pull
    assert pull, "a pull request"
    pull.merged_at, pull.merged_by, pull.merge_commit_sha = world.now(), by, result
    issue.events.append(Event(world.id(), "merged", by, world.now(), pull.head_sha))
    close(world, repo, issue, by)


def close(world: World, repo: Repo, issue: Issue, by: User | None) -> None:
    """Close an issue or a pull request; its `merge_commit_sha` stays."""
    issue.state, issue.closed_at, issue.updated_at, issue.closed_by = "closed", world.now(), world.now(), by
    issue.events.append(Event(world.id(), "closed", by, world.now()))
    if issue.pull:
        repo.git.delete_ref(f"refs/pull/{issue.number}/merge")
        world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "closed", by))
