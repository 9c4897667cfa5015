"""Commits: commits that Shipline makes, a file's new text or a merge, without a clone."""

import re
from urllib.parse import quote

from pipeline_defs.github.api import repository_queries
from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.github_errors import BranchMoved, GitHubError, GitHubRefused, GitHubUnavailable
from pipeline_defs.github.api.response_parsing import commit_id, fact

_NEEDS = "contents: write"
_PROTECTED = re.compile(
    r"protected branch|rule violations|changes must be made through|required status check|approving review",
    re.IGNORECASE,
)


def commit_file(access: Access, repository: str, branch: str, parent: str, path: str, text: str, message: str) -> str:
    """Commit one file on top of `parent` and move the branch there, if it still is at `parent`; the new commit's id.

    The branch is moved without force, so whoever pushed in between keeps what they pushed.
    https://docs.github.com/en/rest/git/refs#update-a-reference
    """
    at = repository_queries.head(access, repository, branch, "")
    if at != parent:
        raise _moved(branch, at, parent)
    commit = _make_commit(access, repository, parent, path, text, message)
    reference = f"{repository}/git/refs/heads/{quote(branch)}"

    def find_existing() -> str | None:
        return commit if repository_queries.head(access, repository, branch, "") == commit else None

    def write() -> str:
        answer = access.send("PATCH", reference, {"sha": commit, "force": False}, allowed=(403, 409, 422), needs=_NEEDS)
        if answer.status < 400:
            return commit
        return _refused(access, repository, branch, parent, answer)

    try:
        return write()
    except GitHubUnavailable as error:
        if not error.unsure:
            raise
    return access.ensure(find_existing, write)


def merge_into(access: Access, repository: str, base: str, head: str, message: str) -> str | None:
    """Merge `head` into the branch `base`; the merge commit's id, None where `base` has it all already.

    https://docs.github.com/en/rest/branches/branches#merge-a-branch
    """

    def write() -> str | None:
        body = {"base": base, "head": head, "commit_message": message}
        answer = access.send("POST", f"{repository}/merges", body, allowed=(204, 403, 404, 409, 422), needs=_NEEDS)
        if answer.status == 204:
            return None
        if answer.status == 409:
            raise GitHubError(f"{head[:60]} cannot be merged into {base}: it conflicts; merge it by hand")
        if answer.status >= 400:
            raise _not_written(base, answer)
        return fact(lambda data: commit_id(data["sha"]), answer.json())

    before = repository_queries.head(access, repository, base, "")
    try:
        return write()
    except GitHubUnavailable as error:
        if not error.unsure:
            raise
    after = repository_queries.head(access, repository, base, "")
    if after != before and repository_queries.compare(access, repository, base, head).status in ("behind", "identical"):
        return after
    return write()


def _make_commit(access: Access, repository: str, parent: str, path: str, text: str, message: str) -> str:
    """A commit that no branch has yet; one that is never used is thrown away by GitHub."""
    git = f"{repository}/git"
    tree = fact(lambda data: commit_id(data["tree"]["sha"]), access.get(f"{git}/commits/{parent}", needs=_NEEDS).json())
    file = {"path": path, "mode": "100644", "type": "blob", "content": text}
    changed = access.send("POST", f"{git}/trees", {"base_tree": tree, "tree": [file]}, needs=_NEEDS)
    wanted = {
        "message": message,
        "tree": fact(lambda data: commit_id(data["sha"]), changed.json()),
        "parents": [parent],
    }
    made = access.send("POST", f"{git}/commits", wanted, needs=_NEEDS)
    return fact(lambda data: commit_id(data["sha"]), made.json())


def _refused(access: Access, repository: str, branch: str, parent: str, answer: Answer) -> str:
    """Say why the branch was not moved. Whatever GitHub's words are, a branch that is elsewhere has moved."""
    at = repository_queries.head(access, repository, branch, "")
    if at != parent:
        raise _moved(branch, at, parent)
    raise _not_written(branch, answer)


def _moved(branch: str, at: str | None, parent: str) -> BranchMoved:
    where = f"is at {at[:12]}" if at else "is gone"
    return BranchMoved(
        f"the branch {branch} {where}, no longer at {parent[:12]}; somebody pushed, so it is looked at anew"
    )


def _not_written(branch: str, answer: Answer) -> GitHubError:
    if _PROTECTED.search(answer.said):
        return GitHubRefused(
            f"the branch {branch} is protected and GitHub does not let Shipline push to it ({answer.said}); "
            "let Shipline's App or user bypass the rule, or set versioning: manual"
        )
    if answer.status == 403:
        permission = answer.permission(_NEEDS)
        return GitHubRefused(
            f"GitHub does not let Shipline write to {branch} ({answer.said}); give it the permission {permission}",
            permission,
        )
    return GitHubError(f"GitHub does not write to {branch} (status {answer.status}): {answer.said}")
