"""Merging a pull request the three ways GitHub does, really in git: https://docs.github.com/rest/pulls/pulls#merge-a-pull-request"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github import updates
from tests.testbed.github.objects import Signature
from tests.testbed.github.pull_changes import compute
from tests.testbed.github.pull_shape import unmet
from tests.testbed.github.pulls import PULL, find_pull
from tests.testbed.github.records import Issue, Json, Pull, Repo, User
from tests.testbed.github.rest import Answer, ApiError, Call, not_found, route

if TYPE_CHECKING:
    from tests.testbed.github.world import World

METHODS = ("merge", "squash", "rebase")


@route("PUT", PULL + "/merge", "contents=write")
def merge_pull(call: Call) -> Json:
    """Merge it; 409 when `sha` is not its head any more, 405 when it cannot be merged."""
    issue, body = find_pull(call), call.body()
    pull = issue.pull
    assert pull, "a pull request"
    if body.get("sha") not in (None, pull.head_sha):
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    sha = merge(
        call.world, call.repo, issue, body.get("merge_method", "merge"), call.actor.user,
        title=body.get("commit_title"), message=body.get("commit_message"),
    )  # fmt: skip
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


@route("GET", PULL + "/merge", "contents=read")
def is_merged(call: Call) -> Answer:
    """204 when it was merged, 404 when not."""
    pull = find_pull(call).pull
    if not pull or pull.merged_at is None:
        raise not_found()
    return Answer(None, 204)


def merge(
    world: World,
    repo: Repo,
    issue: Issue,
    method: str,
    by: User | None,
    *,
    title: str | None = None,
    message: str | None = None,
) -> str:
    """Merge a pull request; returns what `merge_commit_sha` is from now on.

    That is the merge commit, the squashed commit, or the last of the commits that were made by rebasing.
    """
    pull = issue.pull
    assert pull, "a pull request"
    if method not in METHODS:
        raise ApiError(422, f"Invalid request.\n\n{method} is not a member of {list(METHODS)}.")
    if issue.state != "open":
        raise ApiError(405, "Pull Request is not mergeable")
    if pull.draft:
        raise ApiError(405, "Pull Request is still a draft")
    base = repo.git.head(pull.base_ref)
    if base != pull.base_sha:
        raise ApiError(405, "Base branch was modified. Review and try the merge again.")
    compute(world, repo, issue, at_once=True)
    if not pull.mergeable:
        raise ApiError(405, "Pull Request is not mergeable")
    if missing := unmet(repo, pull):
        raise ApiError(405, f'Required status check "{missing[0]}" is expected.')
    pull.commits = repo.git.log(pull.head_sha, base)
    pull.merge_base = repo.git.merge_base(base, pull.head_sha)
    make = {"merge": _merge_commit, "squash": _squash, "rebase": _rebase}[method]
    result = make(world, repo, issue, pull, by, title, message)
    updates.finish(world, repo, issue, by, result)
    updates.move(world, repo, f"refs/heads/{pull.base_ref}", result, by, "pr_merge")
    return result


def signature(world: World, user: User | None) -> Signature:
    """What a person's commits made on the web page are signed with."""
    user = user or world.ghost
    return Signature(user.name, user.email, int(world.now()))


def github(world: World) -> Signature:
    """The committer of what is made on the web page."""
    return Signature("GitHub", "noreply@github.com", int(world.now()))


def _tree(repo: Repo, pull: Pull) -> str:
    return repo.git.commit(pull.merge_commit_sha or "").tree


def _merge_commit(
    world: World, repo: Repo, issue: Issue, pull: Pull, by: User | None, title: str | None, message: str | None
) -> str:
    title = title or f"Merge pull request #{issue.number} from {pull.head_owner}/{pull.head_ref}"
    text = f"{title}\n\n{issue.title if message is None else message}".rstrip()
    parents = [pull.base_sha, pull.head_sha]
    return repo.git.objects.write_commit(_tree(repo, pull), parents, signature(world, by), text, github(world))


def _squash(
    world: World, repo: Repo, issue: Issue, pull: Pull, by: User | None, title: str | None, message: str | None
) -> str:
    commits = [repo.git.commit(sha) for sha in pull.commits]
    # COMMIT_OR_PR_TITLE: of a single commit its own first line.
    default = commits[0].message.split("\n")[0] if len(commits) == 1 else issue.title
    if message is None and len(commits) == 1:
        message = commits[0].message.partition("\n\n")[2]
    elif message is None:
        message = "\n\n".join(f"* {commit.message}" for commit in commits)
    text = f"{title or f'{default} (#{issue.number})'}\n\n{message}".rstrip()
    author = signature(world, issue.user or by)
    return repo.git.objects.write_commit(_tree(repo, pull), [pull.base_sha], author, text, github(world))


def _rebase(
    world: World, repo: Repo, issue: Issue, pull: Pull, by: User | None, title: str | None, message: str | None
) -> str:
    """Each commit again, merges left out. They are new commits always: GitHub becomes the committer."""
    onto = pull.base_sha
    for sha in pull.commits:
        commit = repo.git.commit(sha)
        if len(commit.parents) != 1:
            continue
        tree = repo.git.merged(onto, sha, base=commit.parents[0])
        if tree is None:
            raise ApiError(405, "This branch can't be rebased")
        onto = repo.git.objects.write_commit(tree, [onto], commit.author, commit.message, signature(world, by))
    return onto
