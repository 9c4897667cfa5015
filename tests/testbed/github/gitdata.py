"""Git's own objects and references over the API: https://docs.github.com/rest/git"""

from __future__ import annotations

import base64
import binascii
import calendar
import re
import time

from tests.testbed.github import updates
from tests.testbed.github.commits import UNSIGNED, parent_json, require_sha, resolve, signature_json
from tests.testbed.github.merge import signature
from tests.testbed.github.objects import EMPTY_TREE, TREE, Entry, Missing, Signature
from tests.testbed.github.records import Json, Repo
from tests.testbed.github.repository import SHA
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, not_found, route
from tests.testbed.github.shapes import node

READ, WRITE = "contents=read", "contents=write"
GIT = "/repos/{owner}/{repo}/git"
KINDS = {"40000": "tree", "160000": "commit"}


@route("GET", GIT + "/ref/{ref}", READ)
def get_ref(call: Call) -> Json:
    """One reference, by its full name without `refs/`."""
    name = f"refs/{call.parts['ref']}"
    sha = call.repo.git.ref(name)
    if sha is None or not name.startswith(("refs/heads/", "refs/tags/", "refs/pull/")):
        raise not_found()
    return ref_json(call.at, call.repo, name, sha)


@route("GET", GIT + "/matching-refs/{ref}", READ)
def matching_refs(call: Call) -> Answer:
    """All references whose names begin so; an empty list when there is none."""
    prefix = f"refs/{call.parts['ref']}"
    found = {name: sha for name, sha in call.repo.git.refs().items() if name.startswith(prefix)}
    return Answer([ref_json(call.at, call.repo, name, sha) for name, sha in found.items()])


@route("POST", GIT + "/refs", WRITE)
def create_ref(call: Call) -> Answer:
    """A new branch or tag at a commit that is there."""
    name, sha = call.wanted("ref"), call.wanted("sha")
    if not re.fullmatch(r"refs/[^/]+/[^\s~^:?*\[\\]+", name) or ".." in name or name.endswith((".lock", "/")):
        raise ApiError(422, "Reference name must start with 'refs/' and contain at least two slashes")
    if not SHA.fullmatch(sha) or not call.repo.git.objects.has(sha):
        raise ApiError(422, "Object does not exist")
    if call.repo.git.ref(name):
        raise ApiError(422, "Reference already exists")
    updates.move(call.world, call.repo, name, sha, call.actor.user)
    shown = ref_json(call.at, call.repo, name, sha)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("PATCH", GIT + "/refs/{ref}", WRITE)
def update_ref(call: Call) -> Json:
    """Move a reference: only forward unless `force`, and not where a rule of the branch forbids it."""
    name, sha, repo = f"refs/{call.parts['ref']}", call.wanted("sha"), call.repo
    before = repo.git.ref(name)
    if before is None:
        raise ApiError(422, "Reference does not exist")
    if not SHA.fullmatch(sha) or not repo.git.objects.has(sha, "commit"):
        raise ApiError(422, "Object does not exist")
    forward = repo.git.contains(sha, repo.git.peel(before))
    if not forward and not call.body().get("force"):
        raise ApiError(422, "Update is not a fast forward")
    require_unprotected(call, name, forward)
    updates.move(call.world, repo, name, sha, call.actor.user)
    return ref_json(call.at, repo, name, sha)


@route("DELETE", GIT + "/refs/{ref}", WRITE)
def delete_ref(call: Call) -> Answer:
    """Delete a branch or a tag."""
    name = f"refs/{call.parts['ref']}"
    if call.repo.git.ref(name) is None:
        raise ApiError(422, "Reference does not exist")
    if name.removeprefix("refs/heads/") in call.repo.protections:
        raise ApiError(422, "Cannot delete protected branch")
    updates.move(call.world, call.repo, name, None, call.actor.user)
    return Answer(None, 204)


@route("GET", GIT + "/commits/{commit_sha}", READ)
def get_git_commit(call: Call) -> Json:
    """A commit as git has it."""
    return git_commit_json(call.at, call.repo, _commit(call, call.parts["commit_sha"]))


@route("POST", GIT + "/commits", WRITE)
def create_commit(call: Call) -> Answer:
    """A commit that no reference points to yet."""
    body, git = call.body(), call.repo.git
    tree = call.wanted("tree")
    if not SHA.fullmatch(tree) or not (tree == EMPTY_TREE or git.objects.has(tree, "tree")):
        raise ApiError(422, "Tree SHA does not exist")
    parents = [require_sha(call.repo, one, "Commit", "parents") for one in body.get("parents") or []]
    own = signature(call.world, call.actor.user)
    author = _signature(body.get("author"), own)
    committer = _signature(body.get("committer"), author)
    sha = git.objects.write_commit(tree, parents, author, call.wanted("message"), committer)
    shown = git_commit_json(call.at, call.repo, sha)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("GET", GIT + "/trees/{tree_sha}", READ)
def get_tree(call: Call) -> Json:
    """A tree, by its SHA or that of a commit, or by a branch; `recursive` with any value lists everything below."""
    repo, name = call.repo, call.parts["tree_sha"]
    sha = name if SHA.fullmatch(name) and repo.git.objects.has(name, "tree") else None
    sha = sha or repo.git.commit(_commit(call, resolve(repo, name))).tree
    return tree_json(call.at, repo, sha, "recursive" in call.query)


@route("POST", GIT + "/trees", WRITE)
def create_tree(call: Call) -> Answer:
    """A tree: `base_tree` with entries changed; an entry whose `sha` is null is removed."""
    body, git = call.body(), call.repo.git
    base = body.get("base_tree") or EMPTY_TREE
    if base != EMPTY_TREE and git.objects.has(str(base), "commit"):
        base = git.commit(base).tree
    if base != EMPTY_TREE and not git.objects.has(str(base), "tree"):
        raise ApiError(422, "base_tree is not a valid tree oid")
    files: dict[str, str | bytes | Entry | None] = {}
    for one in call.wanted("tree", list):
        mode = str(one.get("mode", "100644")).lstrip("0")
        if "content" in one:
            files[one["path"]] = Entry(mode, git.objects.write("blob", one["content"].encode()))
        elif one.get("sha") is None:
            files[one["path"]] = None
        elif not git.objects.has(one["sha"]):
            raise ApiError(422, f"tree.sha {one['sha']} is not a valid blob")
        else:
            files[one["path"]] = Entry(mode, one["sha"])
    shown = tree_json(call.at, call.repo, git.edit(base, files), False)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("POST", GIT + "/blobs", WRITE)
def create_blob(call: Call) -> Answer:
    """A file's content, as text or as base64."""
    content = call.wanted("content")
    try:
        data = base64.b64decode(content) if call.body().get("encoding") == "base64" else content.encode()
    except binascii.Error:
        raise ApiError(422, "content is not valid Base64") from None
    sha = call.repo.git.objects.write("blob", data)
    url = f"{call.at.repo(call.repo)}/git/blobs/{sha}"
    return Answer({"sha": sha, "url": url}, 201, {"Location": url})


@route("GET", GIT + "/blobs/{file_sha}", READ)
def get_blob(call: Call) -> Json:
    """A file's content in base64."""
    sha = call.parts["file_sha"]
    if not call.repo.git.objects.has(sha, "blob"):
        raise not_found()
    data = call.repo.git.objects.blob(sha)
    return {
        "sha": sha,
        "node_id": node("Blob", int(sha[:8], 16)),
        "size": len(data),
        "url": f"{call.at.repo(call.repo)}/git/blobs/{sha}",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }


def require_unprotected(call: Call, ref: str, forward: bool) -> None:
    """422 when the rules of a branch forbid to move it like this. Admins may push directly, but not by force."""
    rules = call.repo.protections.get(ref.removeprefix("refs/heads/"))
    if rules is None:
        return
    if not forward and not rules.allow_force_pushes:
        raise ApiError(422, "Cannot force-push to this branch")
    user = call.actor.user
    admin = user is not None and (user is call.repo.owner or call.repo.collaborators.get(user.login) == "admin")
    if rules.pull_request_required and not admin:
        raise ApiError(422, "Changes must be made through a pull request.")
    if rules.required_contexts and not admin:
        raise ApiError(422, f'Required status check "{rules.required_contexts[0]}" is expected.')


def _commit(call: Call, sha: str) -> str:
    try:
        return call.repo.git.commit(sha).sha
    except Missing:
        raise not_found() from None


def _signature(said: Json | None, default: Signature) -> Signature:
    if not said:
        return default
    if not said.get("name") or not said.get("email"):
        raise invalid("Commit", "author", "missing_field")
    when = said.get("date")
    seconds = calendar.timegm(time.strptime(when[:19], "%Y-%m-%dT%H:%M:%S")) if when else default.time
    return Signature(said["name"], said["email"], seconds)


def ref_json(at: Address, repo: Repo, name: str, sha: str) -> Json:
    """A reference."""
    kind = repo.git.objects.read(sha)[0]
    return {
        "ref": name,
        "node_id": node("Ref", int(sha[:8], 16)),
        "url": f"{at.repo(repo)}/git/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{at.repo(repo)}/git/{kind}s/{sha}"},
    }


def git_commit_json(at: Address, repo: Repo, sha: str) -> Json:
    """A commit as git has it."""
    commit = repo.git.commit(sha)
    return {
        "sha": sha,
        "node_id": node("Commit", int(sha[:8], 16)),
        "url": f"{at.repo(repo)}/git/commits/{sha}",
        "html_url": f"{at.page(repo)}/commit/{sha}",
        "author": signature_json(commit.author),
        "committer": signature_json(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{at.repo(repo)}/git/trees/{commit.tree}"},
        "message": commit.message,
        "parents": [parent_json(at, repo, parent) for parent in commit.parents],
        "verification": UNSIGNED,
    }


def tree_json(at: Address, repo: Repo, sha: str, recursive: bool) -> Json:
    """A tree with its entries."""
    found: list[Json] = []

    def add(tree: str, prefix: str) -> None:
        for name, entry in repo.git.objects.tree(tree).items():
            kind = KINDS.get(entry.mode, "blob")
            one: Json = {"path": prefix + name, "mode": entry.mode.rjust(6, "0"), "type": kind, "sha": entry.sha}
            if kind == "blob":
                one["size"] = len(repo.git.objects.blob(entry.sha))
            found.append(one | {"url": f"{at.repo(repo)}/git/{kind}s/{entry.sha}"})
            if recursive and entry.mode == TREE:
                add(entry.sha, f"{prefix}{name}/")

    add(sha, "")
    return {"sha": sha, "url": f"{at.repo(repo)}/git/trees/{sha}", "tree": found, "truncated": False}
