"""The merge queue, with one pull request in each group.

https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github import payloads, updates
from tests.testbed.github.merge import github, signature
from tests.testbed.github.payloads import QUEUE_BOT
from tests.testbed.github.records import Issue, Repo, User
from tests.testbed.github.rest import ApiError
from tests.testbed.github.statuses import combined

if TYPE_CHECKING:
    from tests.testbed.github.world import World

PREFIX = "refs/heads/gh-readonly-queue/"


def enqueue(world: World, repo: Repo, issue: Issue, by: User | None, onto: str | None = None) -> str:
    """Put a pull request into the queue, behind the group whose branch is `onto`; returns the branch of its group."""
    pull = issue.pull
    assert pull, "a pull request"
    base = repo.git.head(onto or pull.base_ref)
    assert base, "a base branch"
    tree = repo.git.merged(base, pull.head_sha)
    if tree is None:
        raise ApiError(405, "Pull Request is not mergeable")
    text = f"Merge pull request #{issue.number} from {pull.head_owner}/{pull.head_ref}\n\n{issue.title}"
    parents = [base, pull.head_sha]
    sha = repo.git.objects.write_commit(tree, parents, signature(world, by), text, github(world))
    ref = f"{PREFIX}{pull.base_ref}/pr-{issue.number}-{base}"
    updates.move(world, repo, ref, sha, world.user(QUEUE_BOT))
    _tell(world, repo, "checks_requested", ref, sha, pull.base_ref)
    return ref.removeprefix("refs/heads/")


def leave(world: World, repo: Repo, branch: str, reason: str) -> None:
    """Take a group off the queue: `dequeued` or `invalidated`."""
    ref = f"refs/heads/{branch}"
    sha = repo.git.ref(ref)
    assert sha, "a group of the queue"
    updates.move(world, repo, ref, None, world.user(QUEUE_BOT))
    _tell(world, repo, "destroyed", ref, sha, _base(branch), reason)


def finish(world: World, repo: Repo, issue: Issue, branch: str) -> str:
    """Merge a group whose head's statuses are all there and green; returns what the base branch is at then."""
    ref, base = f"refs/heads/{branch}", _base(branch)
    sha = repo.git.ref(ref)
    assert sha, "a group of the queue"
    if combined(repo, sha) != "success":
        raise ApiError(405, "Required status checks are expected.")
    bot = world.user(QUEUE_BOT)
    updates.finish(world, repo, issue, bot, sha)
    updates.move(world, repo, f"refs/heads/{base}", sha, bot, "merge_queue_merge")
    updates.move(world, repo, ref, None, bot)
    _tell(world, repo, "destroyed", ref, sha, base, "merged")
    return sha


def _base(branch: str) -> str:
    return f"refs/heads/{branch}".removeprefix(PREFIX).rpartition("/")[0]


def _tell(world: World, repo: Repo, action: str, ref: str, sha: str, base: str, reason: str = "") -> None:
    world.deliveries.send(
        repo, "merge_group", lambda: payloads.merge_group(world, repo, action, ref, sha, base, reason)
    )
