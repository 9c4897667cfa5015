"""What webhooks say: https://docs.github.com/webhooks/webhook-events-and-payloads"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github.objects import TREE, Commit, Signature
from tests.testbed.github.records import NOBODY, Comment, Hook, Issue, Json, Repo, User
from tests.testbed.github.rest import iso
from tests.testbed.github.shapes import repo_json, user_json

if TYPE_CHECKING:
    from tests.testbed.github.world import World

MOST_COMMITS = 2048
QUEUE_BOT = "github-merge-queue[bot]"


def push(
    world: World, repo: Repo, ref: str, before: str | None, after: str | None, forced: bool, by: User | None
) -> Json:
    """`push`: `before` is all zeros for a new reference, `after` for a deleted one. Tags are pushes too."""
    from tests.testbed.github.commits import account  # the routes of commits need the world this belongs to

    git = repo.git
    head = git.peel(after) if after else None
    known = git.peel(before) if before else git.head(repo.default_branch)
    branch = ref.startswith("refs/heads/")
    new = git.log(head, known if known != head else None) if head and branch and known else []
    new = [] if before is None and known == head else new[:MOST_COMMITS]

    def show(sha: str) -> Json:
        commit = git.commit(sha)
        return {
            "id": sha,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": iso(commit.committer.time),
            "url": f"{world.at.page(repo)}/commit/{sha}",
            "author": _person(account(world, commit.author), commit.author),
            "committer": _person(account(world, commit.committer), commit.committer),
            **_files(repo, commit),
        }

    between = f"{(before or after or NOBODY)[:12]}...{(after or NOBODY)[:12]}"
    return {
        "ref": ref,
        "before": before or NOBODY,
        "after": after or NOBODY,
        "repository": _push_repo(world, repo),
        "pusher": {"name": (by or world.ghost).login, "email": (by or world.ghost).email},
        "sender": user_json(world.at, by or world.ghost),
        "created": before is None,
        "deleted": after is None,
        "forced": forced,
        "base_ref": None,
        "compare": f"{world.at.page(repo)}/compare/{between}",
        "commits": [show(sha) for sha in new],
        "head_commit": show(head) if head else None,
    }


def _push_repo(world: World, repo: Repo) -> Json:
    """In a push the times are numbers, an old habit of that event."""
    times = {"created_at": int(repo.created_at), "pushed_at": int(repo.pushed_at)}
    more = {"stargazers": 0, "master_branch": repo.default_branch, "name": repo.name}
    body = repo_json(world.at, repo) | times | more
    body["owner"] |= {"name": repo.owner.login, "email": repo.owner.email}
    return body


def _person(user: User | None, who: Signature) -> Json:
    known = {"username": user.login} if user else {}
    return {"name": who.name, "email": who.email, "date": iso(who.time), **known}


def _files(repo: Repo, commit: Commit) -> Json:
    old = repo.git.commit(commit.parents[0]).tree if commit.parents else None
    if old is None:
        changed = {path: (None, entry) for path, entry in repo.git.files(commit.tree).items() if entry.mode != TREE}
    else:
        changed = dict(repo.git.changed(old, commit.tree))  # type: ignore[arg-type]
    return {
        "added": [path for path, (was, _) in changed.items() if was is None],
        "removed": [path for path, (_, now) in changed.items() if now is None],
        "modified": [path for path, (was, now) in changed.items() if was and now],
    }


def pull_request(
    world: World, repo: Repo, issue: Issue, action: str, by: User | None, more: Json | None = None
) -> Json:
    """`pull_request` with an action such as `opened`, `synchronize` (with before and after) or `edited` (with changes)."""
    from tests.testbed.github.pull_shape import full_pull_json  # pull requests send these payloads themselves

    pull = full_pull_json(world.at, world, repo, issue)
    return {"action": action, "number": issue.number, "pull_request": pull, **(more or {}), **_where(world, repo, by)}


def merge_group(world: World, repo: Repo, action: str, ref: str, sha: str, base: str, reason: str = "") -> Json:
    """`merge_group` with the action `checks_requested`, or `destroyed` with a reason: `merged`, `invalidated` or `dequeued`."""
    commit = repo.git.commit(sha)
    group = {
        "head_sha": sha,
        "head_ref": ref,
        "base_sha": commit.parents[0],
        "base_ref": f"refs/heads/{base}",
        "head_commit": {
            "id": sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": iso(commit.committer.time),
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        },
    }
    why = {"reason": reason} if reason else {}
    return {"action": action, "merge_group": group, **why, **_where(world, repo, world.user(QUEUE_BOT))}


def issue_comment(world: World, repo: Repo, issue: Issue, comment: Comment, action: str, by: User | None) -> Json:
    """`issue_comment`: on issues and pull requests alike; the latter have `issue.pull_request`."""
    from tests.testbed.github.issue_shape import comment_json, issue_json  # issues send these payloads themselves

    where = _where(world, repo, by)
    shown = issue_json(world.at, repo, issue)
    changes = {"changes": {"body": {"from": comment.body}}} if action == "edited" else {}
    return {
        "action": action,
        "issue": shown,
        "comment": comment_json(world.at, repo, issue, comment),
        **changes,
        **where,
    }


def create_or_delete(world: World, repo: Repo, ref: str, by: User | None) -> Json:
    """`create` or `delete` of a branch or a tag; it says nothing of SHAs."""
    kind = "branch" if ref.startswith("refs/heads/") else "tag"
    there = {"master_branch": repo.default_branch, "description": None} if repo.git.ref(ref) else {}
    name = ref.split("/", 2)[2]
    return {"ref": name, "ref_type": kind, **there, "pusher_type": "user", **_where(world, repo, by)}


def ping(world: World, repo: Repo, hook: Hook, by: User | None) -> Json:
    """`ping`: the first delivery of a new hook."""
    from tests.testbed.github.hooks import hook_json  # hooks send this payload themselves

    shown = hook_json(world.at, repo, hook)
    return {"zen": "Practicality beats purity.", "hook_id": hook.id, "hook": shown, **_where(world, repo, by)}


def _where(world: World, repo: Repo, by: User | None) -> Json:
    return {"repository": repo_json(world.at, repo), "sender": user_json(world.at, by or world.ghost)}
