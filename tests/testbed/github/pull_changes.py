"""What happens to a pull request: it is opened, edited, closed, and its test merge is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github import payloads, updates
from tests.testbed.github.objects import Signature
from tests.testbed.github.records import Event, Issue, Json, Pull, Repo, User
from tests.testbed.github.rest import ApiError, invalid

if TYPE_CHECKING:
    from tests.testbed.github.world import World


def open_pull(
    world: World,
    repo: Repo,
    head_repo: Repo,
    branch: str,
    base: str,
    title: str,
    *,
    body: str | None = None,
    draft: bool = False,
    by: User | None = None,
) -> Issue:
    """Open a pull request from a branch of a repository or of one of its forks."""
    head_sha, base_sha = head_repo.git.head(branch), repo.git.head(base)
    if head_sha is None or base_sha is None:
        raise invalid("PullRequest", "head" if head_sha is None else "base")
    for other in repo.pulls:
        pull = other.pull
        if (
            pull
            and other.state == "open"
            and (pull.head_repo, pull.head_ref, pull.base_ref) == (head_repo, branch, base)
        ):
            message = f"A pull request already exists for {head_repo.owner.login}:{branch}."
            raise ApiError(
                422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}]
            )
    if repo.git.contains(base_sha, head_sha):
        message = f"No commits between {base} and {branch}"
        raise ApiError(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
    number = max(repo.issues, default=0) + 1
    now = world.now()
    issue = Issue(world.id(), number, title, body, by, now, now)
    issue.pull = Pull(world.id(), head_repo, head_repo.owner.login, branch, head_sha, base, base_sha, draft)
    repo.issues[number] = issue
    repo.git.set_ref(f"refs/pull/{number}/head", head_sha)
    world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "opened", by))
    return issue


def edit(world: World, repo: Repo, issue: Issue, changed: Json, by: User | None) -> None:
    """Give it another title or body."""
    was = {name: {"from": getattr(issue, name) or ""} for name in changed}
    for name, value in changed.items():
        setattr(issue, name, value)
    issue.updated_at = world.now()
    if "title" in changed:
        rename = {"from": was["title"]["from"], "to": issue.title}
        issue.events.append(Event(world.id(), "renamed", by, world.now(), more={"rename": rename}))
    more = {"changes": was}
    world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "edited", by, more))


def retarget(world: World, repo: Repo, issue: Issue, base: str, by: User | None) -> None:
    """Merge it into another branch: an `edited` event that names the old base."""
    pull = issue.pull
    assert pull, "a pull request"
    sha = repo.git.head(base)
    if sha is None:
        raise invalid("PullRequest", "base", "invalid", f"Proposed base branch '{base}' was not found")
    if base == pull.base_ref:
        return
    changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    pull.base_ref, pull.base_sha, pull.mergeable, pull.asked = base, sha, None, 0
    issue.updated_at = world.now()
    issue.events.append(Event(world.id(), "base_ref_changed", by, world.now()))
    more = {"changes": changes}
    world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "edited", by, more))


def change_state(world: World, repo: Repo, issue: Issue, state: str, by: User | None) -> None:
    """Close or reopen. What was merged, or has lost its head branch, cannot be reopened."""
    pull = issue.pull
    if state == "closed":
        updates.close(world, repo, issue, by)
        return
    if pull:
        head = pull.head_repo.git.head(pull.head_ref) if pull.head_repo else None
        if pull.merged_at is not None or head is None:
            reason = "is merged" if pull.merged_at is not None else "has no head branch"
            raise invalid("PullRequest", "state", "custom", f"state cannot be changed. The pull request {reason}.")
        pull.head_sha, pull.base_sha = head, repo.git.head(pull.base_ref) or pull.base_sha
        pull.mergeable, pull.asked = None, 0
        repo.git.set_ref(f"refs/pull/{issue.number}/head", head)
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "open", None, None, world.now()
    issue.events.append(Event(world.id(), "reopened", by, world.now()))
    if pull:
        world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, "reopened", by))


def set_draft(world: World, repo: Repo, issue: Issue, draft: bool, by: User | None) -> None:
    """Convert to a draft, or say that it is ready for review."""
    pull = issue.pull
    assert pull, "a pull request"
    if pull.draft == draft:
        return
    pull.draft, issue.updated_at = draft, world.now()
    issue.events.append(Event(world.id(), "convert_to_draft" if draft else "ready_for_review", by, world.now()))
    action = "converted_to_draft" if draft else "ready_for_review"
    world.deliveries.send(repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, action, by))


def compute(world: World, repo: Repo, issue: Issue, at_once: bool = False) -> None:
    """Make the test merge, some reads after it was asked for: GitHub does it in the background.

    `merge_commit_sha` names the test merge then, and `refs/pull/N/merge` points to it unless there is a conflict.
    """
    pull = issue.pull
    assert pull, "a pull request"
    if issue.state != "open" or pull.mergeable is not None:
        return
    pull.asked += 1
    if pull.asked <= world.mergeable_after and not at_once:
        return
    ref = f"refs/pull/{issue.number}/merge"
    tree = repo.git.merged(pull.base_sha, pull.head_sha)
    pull.mergeable = tree is not None
    if tree is None:
        repo.git.delete_ref(ref)
        return
    if pull.computed_for != (pull.head_sha, pull.base_sha):
        who = Signature("GitHub", "noreply@github.com", int(world.now()))
        message = f"Merge {pull.head_sha} into {pull.base_sha}"
        sha = repo.git.objects.write_commit(tree, [pull.base_sha, pull.head_sha], who, message)
        pull.merge_commit_sha, pull.computed_for = sha, (pull.head_sha, pull.base_sha)
        repo.tests[sha] = issue.number
    repo.git.set_ref(ref, pull.merge_commit_sha or "")
