"""GitHub releases: tags and the releases that GitHub shows for them."""

from typing import Any
from urllib.parse import quote

from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_errors import GitHubError
from pipeline_defs.github.api.response_parsing import commit_id, fact

LONGEST_NOTES = 125000

_NEEDS = "contents: write"


def tag_commit(access: Access, repository: str, tag: str) -> str | None:
    """The commit that a tag names, also through an annotated one; None where there is no such tag."""
    answer = access.get(f"{repository}/git/ref/tags/{quote(tag)}", allowed=(404, 409), needs="contents: read")
    if answer.status >= 400:
        return None
    target = fact(lambda data: data["object"], answer.json())
    while fact(lambda data: data["type"], target) == "tag":
        path = f"{repository}/git/tags/{fact(lambda data: commit_id(data['sha']), target)}"
        target = fact(lambda data: data["object"], access.get(path, needs="contents: read").json())
    return fact(lambda data: commit_id(data["sha"]), target)


def ensure_tag(access: Access, repository: str, tag: str, sha: str) -> None:
    """Make the tag. Raises GitHubError where it names another commit: a tag is never moved."""

    def write() -> str:
        answer = access.send(
            "POST", f"{repository}/git/refs", {"ref": f"refs/tags/{tag}", "sha": sha}, allowed=(422,), needs=_NEEDS
        )
        if answer.status == 422:  # somebody else made it just now, or GitHub does not want it
            there = tag_commit(access, repository, tag)
            if there is None:
                raise GitHubError(f"GitHub does not make the tag {tag} at {sha[:12]}: {answer.said}")
            return there
        return sha

    named = access.ensure(lambda: tag_commit(access, repository, tag), write)
    if named != sha:
        raise GitHubError(
            f"the tag {tag} names commit {named[:12]}, not {sha[:12]}; delete it on GitHub, or raise the version"
        )


def ensure_release(access: Access, repository: str, tag: str, sha: str, name: str, body: str) -> None:
    """Make the tag and a release for it. A release that is there is left as it is: people edit the notes.

    https://docs.github.com/en/rest/releases/releases#create-a-release
    """
    ensure_tag(access, repository, tag, sha)

    def find_existing() -> Any:
        answer = access.get(f"{repository}/releases/tags/{quote(tag)}", allowed=(404,), needs="contents: read")
        return None if answer.status == 404 else fact(lambda data: data["id"], answer.json())

    def write() -> Any:
        wanted = {"tag_name": tag, "target_commitish": sha, "name": name, "body": body[:LONGEST_NOTES]}
        answer = access.send("POST", f"{repository}/releases", wanted, allowed=(422,), needs=_NEEDS)
        if answer.status == 422 and find_existing() is None:
            raise GitHubError(f"GitHub does not make a release of {tag}: {answer.said}")
        return True

    access.ensure(find_existing, write)
