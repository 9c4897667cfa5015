"""Commits, branches and comparisons: https://docs.github.com/rest/commits"""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.testbed.github.objects import EMPTY_TREE, Commit, Entry, Signature
from tests.testbed.github.records import Json, Repo, User
from tests.testbed.github.repository import SHA, GitRepository
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, iso, not_found, route
from tests.testbed.github.shapes import node, user_json

if TYPE_CHECKING:
    from tests.testbed.github.world import World

SHA_ONLY = "application/vnd.github.sha"
MOST_FILES = 300
LARGEST_PATCH = 200_000
UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


@route("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents=read")
def get_commit(call: Call) -> Answer | Json:
    """A commit by branch, tag or SHA. For `application/vnd.github.sha` only its SHA, which is the ETag as well."""
    sha = resolve(call.repo, call.parts["ref"])
    if SHA_ONLY in call.headers.get("accept", ""):
        return Answer(sha.encode(), headers={"Content-Type": f"{SHA_ONLY}; charset=utf-8", "ETag": f'"{sha}"'})
    return full_commit_json(call, sha)


@route("GET", "/repos/{owner}/{repo}/commits", "contents=read")
def list_commits(call: Call) -> Answer:
    """The history of `sha` (a branch or commit; default: the default branch), newest first."""
    head = resolve(call.repo, call.query.get("sha") or call.repo.default_branch)
    newest_first = call.repo.git.log(head)[::-1]
    return call.page(newest_first, lambda sha: commit_json(call.at, call.world, call.repo, sha))


@route("GET", "/repos/{owner}/{repo}/compare/{basehead}", "contents=read")
def compare(call: Call) -> Answer:
    """What `head` has that `base` has not. Without paging at most 250 commits, the oldest first."""
    base_text, dots, head_text = call.parts["basehead"].partition("...")
    if not dots:
        raise not_found()
    git = call.repo.git
    base, head = (resolve(call.repo, text.rpartition(":")[2]) for text in (base_text, head_text))
    start = git.merge_base(base, head)
    if start is None:
        raise ApiError(404, f"No common ancestor between {base_text} and {head_text}.")
    ahead, behind = git.log(head, base), git.log(base, head)
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind", (False, False): "identical"}
    paged = "page" in call.query or "per_page" in call.query

    def show(sha: str) -> Json:
        return commit_json(call.at, call.world, call.repo, sha)

    page = call.page(ahead, show) if paged else Answer([show(sha) for sha in ahead[:250]])
    first = call.number("page", 1) == 1
    files = file_list(call.at, call.repo, git.commit(start).tree, git.commit(head).tree, head) if first else []
    url = f"{call.at.page(call.repo)}/compare/{call.parts['basehead']}"
    body = {
        "url": f"{call.at.repo(call.repo)}/compare/{quote(call.parts['basehead'])}",
        "html_url": url,
        "permalink_url": f"{call.at.page(call.repo)}/compare/{base[:12]}...{head[:12]}",
        "diff_url": f"{url}.diff",
        "patch_url": f"{url}.patch",
        "base_commit": show(base),
        "merge_base_commit": show(start),
        "status": status[bool(ahead), bool(behind)],
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": page.body,
        "files": files[:MOST_FILES],
    }
    return Answer(body, headers=page.headers)


@route("GET", "/repos/{owner}/{repo}/branches", "contents=read")
def list_branches(call: Call) -> Answer:
    """All branches."""
    refs = call.repo.git.refs("refs/heads/")

    def show(name: str) -> Json:
        branch = name.removeprefix("refs/heads/")
        url = f"{call.at.repo(call.repo)}/commits/{refs[name]}"
        protected = branch in call.repo.protections
        return {"name": branch, "commit": {"sha": refs[name], "url": url}, "protected": protected}

    return call.page(list(refs), show)


@route("GET", "/repos/{owner}/{repo}/tags", "contents=read")
def list_tags(call: Call) -> Answer:
    """All tags with the commits they mean, also through annotated ones; the last name first."""
    git, at = call.repo.git, call.at.repo(call.repo)
    refs = git.refs("refs/tags/")

    def show(ref: str) -> Json:
        name, sha = ref.removeprefix("refs/tags/"), git.peel(refs[ref])
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{at}/commits/{sha}"},
            "zipball_url": f"{at}/zipball/refs/tags/{quote(name)}",
            "tarball_url": f"{at}/tarball/refs/tags/{quote(name)}",
            "node_id": node("Ref", int(sha[:8], 16)),
        }

    return call.page(sorted(refs, reverse=True), show)


@route("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents=read")
def get_branch(call: Call) -> Json:
    """A branch with its head."""
    name, repo = call.parts["branch"], call.repo
    sha = repo.git.head(name)
    if sha is None:
        raise ApiError(404, "Branch not found")
    rules = repo.protections.get(name)
    contexts = rules.required_contexts if rules else []
    url = f"{call.at.repo(repo)}/branches/{quote(name)}"
    checks = [{"context": context, "app_id": None} for context in contexts]
    level = "non_admins" if rules else "off"
    return {
        "name": name,
        "commit": commit_json(call.at, call.world, repo, sha),
        "_links": {"self": url, "html": f"{call.at.page(repo)}/tree/{quote(name)}"},
        "protected": rules is not None,
        "protection": {
            "enabled": rules is not None,
            "required_status_checks": {"enforcement_level": level, "contexts": contexts, "checks": checks},
        },
        "protection_url": f"{url}/protection",
    }


def resolve(repo: Repo, text: str) -> str:
    """The SHA of a branch, tag or commit; GitHub's 422 when there is none."""
    if not repo.git.refs("refs/heads/"):
        raise ApiError(409, "Git Repository is empty.")
    sha = repo.git.resolve(text)
    if sha is None:
        raise ApiError(422, f"No commit found for {'the ' if SHA.fullmatch(text) else ''}SHA: {text}")
    return sha


def signature_json(who: Signature) -> Json:
    """An author or committer as git knows it."""
    return {"name": who.name, "email": who.email, "date": iso(who.time)}


def account(world: World, who: Signature) -> User | None:
    """The account behind an address on a commit."""
    login = who.email.partition("@")[0].partition("+")[2]
    return world.users.get(login.lower()) if who.email.endswith("@users.noreply.github.com") else None


def commit_json(at: Address, world: World, repo: Repo, sha: str) -> Json:
    """A commit as lists show it."""
    commit = repo.git.commit(sha)
    url, page = f"{at.repo(repo)}/commits/{sha}", f"{at.page(repo)}/commit/{sha}"
    return {
        "sha": sha,
        "node_id": node("Commit", int(sha[:8], 16)),
        "commit": {
            "author": signature_json(commit.author),
            "committer": signature_json(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{at.repo(repo)}/git/trees/{commit.tree}"},
            "url": f"{at.repo(repo)}/git/commits/{sha}",
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "url": url,
        "html_url": page,
        "comments_url": f"{url}/comments",
        "author": user_json(at, account(world, commit.author)),
        "committer": user_json(at, account(world, commit.committer)),
        "parents": [parent_json(at, repo, parent) for parent in commit.parents],
    }


def parent_json(at: Address, repo: Repo, sha: str) -> Json:
    """A commit named by another one."""
    return {"sha": sha, "url": f"{at.repo(repo)}/commits/{sha}", "html_url": f"{at.page(repo)}/commit/{sha}"}


def full_commit_json(call: Call, sha: str) -> Json:
    """A commit with what it changed against its first parent."""
    commit = call.repo.git.commit(sha)
    files = file_list(call.at, call.repo, parent_tree(call.repo.git, commit), commit.tree, sha)
    added, deleted = (sum(file[name] for file in files) for name in ("additions", "deletions"))
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return commit_json(call.at, call.world, call.repo, sha) | {"stats": stats, "files": files[:MOST_FILES]}


def parent_tree(git: GitRepository, commit: Commit) -> str:
    """The tree before a commit."""
    return git.commit(commit.parents[0]).tree if commit.parents else EMPTY_TREE


def file_list(at: Address, repo: Repo, old: str, new: str, sha: str) -> list[Json]:
    """The files that differ between two trees; one that moved unchanged is one renamed file."""
    changed = repo.git.changed(old, new)
    gone = {was.sha: path for path, (was, now) in changed.items() if was and not now}
    moved = {gone[now.sha]: path for path, (was, now) in changed.items() if now and not was and now.sha in gone}
    came_from = {path: old_path for old_path, path in moved.items()}
    files = []
    for path, (was, now) in changed.items():
        if path in moved:
            continue
        file = _file_json(at, repo, path, was, now, sha)
        if path in came_from:
            file |= {"status": "renamed", "previous_filename": came_from[path], "additions": 0, "changes": 0}
            file.pop("patch", None)
        files.append(file)
    return files


def _file_json(at: Address, repo: Repo, path: str, was: Entry | None, now: Entry | None, sha: str) -> Json:
    blobs = [repo.git.objects.blob(entry.sha) if entry and entry.mode != "160000" else b"" for entry in (was, now)]
    added, deleted, patch = _difference(*blobs)
    name = quote(path)
    return {
        "sha": (now or was or Entry("", EMPTY_TREE)).sha,
        "filename": path,
        "status": "added" if was is None else "removed" if now is None else "modified",
        "additions": added,
        "deletions": deleted,
        "changes": added + deleted,
        "blob_url": f"{at.page(repo)}/blob/{sha}/{name}",
        "raw_url": f"{at.page(repo)}/raw/{sha}/{name}",
        "contents_url": f"{at.repo(repo)}/contents/{name}?ref={sha}",
    } | ({"patch": patch} if patch else {})


@lru_cache(maxsize=2000)
def _difference(old: bytes, new: bytes) -> tuple[int, int, str]:
    """Lines added, lines removed, and the patch; a file that is binary or large has none of them."""
    if b"\0" in old + new or len(old) + len(new) > LARGEST_PATCH:
        return 0, 0, ""
    before, after = (data.decode(errors="replace").splitlines() for data in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    added, deleted = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return added, deleted, "\n".join(lines)


def require_sha(repo: Repo, sha: object, resource: str, field: str) -> str:
    """The SHA when the repository has such a commit; 422 otherwise."""
    if not isinstance(sha, str) or not SHA.fullmatch(sha) or not repo.git.objects.has(sha, "commit"):
        raise invalid(resource, field, "custom", f"No commit found for SHA: {sha}")
    return sha
