"""Repository queries: commits, pull requests and the moves of branches."""

from typing import Any
from urllib.parse import quote

from pipeline_defs.github.api.api_requests import A_PAGE, Access, expect_list
from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.github_errors import GitHubRefused
from pipeline_defs.github.api.github_facts import CommitFact, Comparison, Move, Pull, Validator
from pipeline_defs.github.api.paging import read_list
from pipeline_defs.github.api.response_parsing import commit_id, commit_of, details_of, fact, move_of, pull_of
from pipeline_defs.release.shipline_commits import CommitDetails

MOST_MOVES = 500
MOST_COMMITS = 1000

_SHA = "application/vnd.github.sha"


def head(access: Access, repository: str, branch: str, known: str) -> str | None:
    """The commit a branch is at. The commit id itself is the ETag, says GitHub, so nothing but it needs to be remembered.

    https://docs.github.com/en/rest/commits/commits#get-a-commit
    """
    path = f"{repository}/commits/heads/{quote(branch)}"  # `heads/`: a tag may have the same name
    etag = f'"{known}"' if known else ""
    answer = access.get(path, etag=etag, accept=_SHA, allowed=(404, 409, 422), needs="contents: read")
    if answer.unchanged:
        return known
    if answer.status >= 400:  # 422: no such branch; 409: an empty repository; 404 may as well be the whole repository
        if answer.status == 404:
            about(access, repository)
        return None
    return fact(commit_id, answer.text.strip())


def branches_below(
    access: Access, repository: str, prefix: str, known: Validator | None
) -> tuple[dict[str, str] | None, Validator]:
    """The branches whose names begin with `prefix`, {branch: commit}. GitHub gives all of them in one answer.

    https://docs.github.com/en/rest/git/refs#list-matching-references
    """
    etag = (known or {}).get("1", "")
    path = f"{repository}/git/matching-refs/heads/{quote(prefix)}"
    answer = access.get(path, etag=etag, allowed=(404, 409), needs="contents: read")  # 409: an empty repository
    if answer.unchanged:
        return None, known or {}
    if answer.status == 404:
        about(access, repository)
    if answer.status >= 400:
        return {}, {}
    pairs = (fact(_branch_of, item) for item in expect_list(answer.json()))
    return dict(pairs), {"1": answer.etag} if answer.etag else {}


def about(access: Access, repository: str) -> Answer:
    """The repository itself. Raises GitHubRefused where it cannot be seen, and GitHub does not say why."""
    answer = access.get(repository, allowed=(404,), needs="metadata: read")
    if answer.status == 404:
        raise GitHubRefused(
            f"GitHub ({access.host}) shows no repository {repository.removeprefix('/repos/')} to this token or App; "
            "check github.repository, and whether it was given access to it"
        )
    return answer


def open_pulls(access: Access, repository: str, known: Validator | None) -> tuple[list[Pull] | None, Validator]:
    """All open pull requests, newest first: a new one then changes the first page."""
    parameters = {"state": "open", "sort": "created", "direction": "desc"}
    items, validator = read_list(access, f"{repository}/pulls", parameters, known)
    if items is None:
        return None, validator
    pulls = {pull.number: pull for pull in (fact(pull_of, item) for item in items)}
    return list(pulls.values()), validator


def pull(access: Access, repository: str, number: int) -> Pull | None:
    """One pull request, None where there is none with this number."""
    answer = access.get(f"{repository}/pulls/{number}", allowed=(404,), needs="pull_requests: read")
    return None if answer.status == 404 else fact(pull_of, answer.json())


def pulls_of(access: Access, repository: str, commit: str) -> list[Pull]:
    """The pull requests a commit belongs to: the one that brought it, or those that it is offered in."""
    path = f"{repository}/commits/{quote(commit, safe='')}/pulls"
    answer = access.get(path, {"per_page": A_PAGE}, allowed=(404, 409, 422), needs="pull_requests: read")
    if answer.status >= 400:
        return []
    return [fact(pull_of, item) for item in fact(list, answer.json())]


def tags(access: Access, repository: str, known: Validator | None) -> tuple[dict[str, str] | None, Validator]:
    """The commit of every tag, {tag: commit}; GitHub has looked through annotated tags already."""
    items, validator = read_list(access, f"{repository}/tags", {}, known)
    if items is None:
        return None, validator
    pairs = (fact(lambda tag: (str(tag["name"]), commit_id(tag["commit"]["sha"])), item) for item in items)
    return dict(pairs), validator


def moves(access: Access, repository: str, branch: str, since: str) -> list[Move]:
    """The moves of a branch after it was at `since`, oldest first; none where the newest 500 do not tell when that was.

    https://docs.github.com/en/rest/repos/repos#list-repository-activities
    """
    found: list[Move] = []
    parameters = {"ref": f"refs/heads/{branch}", "direction": "desc"}
    for item in access.pages(f"{repository}/activity", parameters, needs="contents: read"):
        move = fact(move_of, item)
        if move.after == since:
            return found[::-1]
        found.append(move)
        if move.before == since:
            return found[::-1]
        if len(found) >= MOST_MOVES:
            break
    return []


def commit(access: Access, repository: str, sha: str) -> CommitDetails:
    """Parents, message and changed files of a commit; at most 300 files, which is enough to know that there is more than one.

    https://docs.github.com/en/rest/commits/commits#get-a-commit
    """
    return fact(details_of, access.get(f"{repository}/commits/{quote(sha, safe='')}", needs="contents: read").json())


def compare(access: Access, repository: str, base: str, other: str) -> Comparison:
    """What `other` has and `base` has not. Without pages GitHub stops at 250 commits, with them each has 100 at most."""
    path = f"{repository}/compare/{quote(base, safe='')}...{quote(other, safe='')}"
    commits: list[CommitFact] = []
    files: list[str] = []  # they come with the first page
    page = 1
    while True:
        answer = access.get(path, {"per_page": A_PAGE, "page": page}, needs="contents: read").json()
        status, total = fact(lambda data: (str(data["status"]), int(data["total_commits"])), answer)
        found = [fact(commit_of, item) for item in fact(lambda data: list(data["commits"]), answer)]
        commits += found
        files += [
            name for item in fact(lambda data: list(data.get("files") or ()), answer) for name in fact(_names_of, item)
        ]
        if not found or len(commits) >= min(total, MOST_COMMITS):
            return Comparison(status, tuple(commits[:MOST_COMMITS]), total, tuple(files))
        page += 1


def _branch_of(data: Any) -> tuple[str, str]:
    return str(data["ref"]).removeprefix("refs/heads/"), commit_id(data["object"]["sha"])


def _names_of(data: Any) -> list[str]:
    return [str(data[key]) for key in ("filename", "previous_filename") if data.get(key) or key == "filename"]
