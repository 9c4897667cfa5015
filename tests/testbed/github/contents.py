"""Files of a branch, and merges of branches: https://docs.github.com/rest/repos/contents, https://docs.github.com/rest/branches"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from tests.testbed.github import updates
from tests.testbed.github.commits import commit_json, resolve
from tests.testbed.github.gitdata import git_commit_json, require_unprotected
from tests.testbed.github.merge import github, signature
from tests.testbed.github.objects import EMPTY_TREE, TREE, Entry
from tests.testbed.github.records import Json, Repo
from tests.testbed.github.rest import Address, Answer, ApiError, Call, not_found, route

RAW = "application/vnd.github.raw"
CONTENTS = "/repos/{owner}/{repo}/contents/{path}"


@route("GET", CONTENTS, "contents=read")
def get_contents(call: Call) -> Answer | Json | list[Json]:
    """A file in base64, or the list of a folder."""
    repo, path = call.repo, call.parts["path"].strip("/")
    ref = call.query.get("ref") or repo.default_branch
    sha = repo.git.resolve(ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    entry = repo.git.entry(repo.git.commit(sha).tree, path)
    if entry is None:
        raise not_found()
    if entry.mode == TREE:
        inside = repo.git.objects.tree(entry.sha).items()
        return [_entry_json(call.at, repo, f"{path}/{name}".strip("/"), one, ref) for name, one in inside]
    if call.headers.get("accept", "").startswith(RAW):
        return Answer(repo.git.objects.blob(entry.sha), headers={"Content-Type": f"{RAW}; charset=utf-8"})
    return _file_json(call.at, repo, path, entry, ref)


@route("PUT", CONTENTS, "contents=write")
def put_contents(call: Call) -> Answer:
    """Commit one file; `sha` has to be the blob that is replaced."""
    body, repo, path = call.body(), call.repo, call.parts["path"]
    branch = body.get("branch") or repo.default_branch
    head = repo.git.head(branch)
    if head is None and repo.git.refs("refs/heads/"):
        raise ApiError(404, f"Branch {branch} not found")
    tree = repo.git.commit(head).tree if head else EMPTY_TREE
    there = repo.git.entry(tree, path)
    if there and "sha" not in body:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if there and body["sha"] != there.sha:
        raise ApiError(409, f"{path} does not match {body['sha']}")
    try:
        data = base64.b64decode(call.wanted("content"))
    except binascii.Error:
        raise ApiError(422, "content is not valid Base64") from None
    ref = f"refs/heads/{branch}"
    require_unprotected(call, ref, True)
    parents = [head] if head else []
    who = signature(call.world, call.actor.user)
    new = repo.git.edit(tree, {path: data})
    sha = repo.git.objects.write_commit(new, parents, who, call.wanted("message"), github(call.world))
    updates.move(call.world, repo, ref, sha, call.actor.user)
    entry = repo.git.entry(new, path) or Entry("", "")
    shown = _file_json(call.at, repo, path, entry, branch)
    del shown["content"], shown["encoding"]
    return Answer({"content": shown, "commit": git_commit_json(call.at, repo, sha)}, 200 if there else 201)


@route("POST", "/repos/{owner}/{repo}/merges", "contents=write")
def merge_branches(call: Call) -> Answer:
    """Merge `head` into the branch `base`: 201 with the commit, 204 when nothing is to be merged, 409 on a conflict."""
    repo, base = call.repo, call.wanted("base")
    ours = repo.git.head(base)
    theirs = repo.git.resolve(call.wanted("head"))
    if ours is None or theirs is None:
        raise ApiError(404, "Base does not exist" if ours is None else "Head does not exist")
    if repo.git.contains(ours, theirs):
        return Answer(None, 204)
    tree = repo.git.merged(ours, theirs)
    if tree is None:
        raise ApiError(409, "Merge conflict")
    require_unprotected(call, f"refs/heads/{base}", True)
    message = call.body().get("commit_message") or f"Merge {call.body()['head']} into {base}"
    who = signature(call.world, call.actor.user)
    sha = repo.git.objects.write_commit(tree, [ours, theirs], who, message, github(call.world))
    updates.move(call.world, repo, f"refs/heads/{base}", sha, call.actor.user)
    return Answer(commit_json(call.at, call.world, repo, resolve(repo, sha)), 201)


def _entry_json(at: Address, repo: Repo, path: str, entry: Entry, ref: str) -> Json:
    kind = "dir" if entry.mode == TREE else "submodule" if entry.mode == "160000" else "file"
    url = f"{at.repo(repo)}/contents/{quote(path)}?ref={quote(ref)}"
    page = f"{at.page(repo)}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{quote(path)}"
    git = f"{at.repo(repo)}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": len(repo.git.objects.blob(entry.sha)) if kind == "file" else 0,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": f"{at.page(repo)}/raw/{quote(ref)}/{quote(path)}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": page},
    }


def _file_json(at: Address, repo: Repo, path: str, entry: Entry, ref: str) -> Json:
    content = base64.encodebytes(repo.git.objects.blob(entry.sha)).decode()
    return _entry_json(at, repo, path, entry, ref) | {"content": content, "encoding": "base64"}
