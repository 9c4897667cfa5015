"""Pull requests: https://docs.github.com/rest/pulls/pulls"""

from __future__ import annotations

from tests.testbed.github import access
from tests.testbed.github.commits import commit_json
from tests.testbed.github.pull_changes import change_state, compute, edit, open_pull, retarget
from tests.testbed.github.pull_shape import commits_of, files_of, full_pull_json, pull_json
from tests.testbed.github.records import Issue, Json, Repo
from tests.testbed.github.rest import Answer, ApiError, Call, invalid, not_found, route
from tests.testbed.github.world import World

READ, WRITE = "pull_requests=read", "pull_requests=write"
PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
MOST_COMMITS = 250


@route("GET", "/repos/{owner}/{repo}/pulls", READ)
def list_pulls(call: Call) -> Answer:
    """Filtered and sorted; `direction` defaults to desc only while `sort` is left out or is `created`."""
    state, sort = call.query.get("state", "open"), call.query.get("sort", "created")
    keys = {
        "created": lambda one: (one.created_at, one.number),
        "updated": lambda one: (one.updated_at, one.number),
        "popularity": lambda one: (len(one.comments), one.number),
        "long-running": lambda one: (one.created_at, one.number),
    }
    if state not in ("open", "closed", "all") or sort not in keys:
        raise invalid("PullRequest", "state" if sort in keys else "sort")
    direction = call.query.get("direction") or ("desc" if sort == "created" else "asc")
    found = [one for one in call.repo.pulls if state in (one.state, "all") and _matches(call, one)]
    found.sort(key=keys[sort], reverse=direction == "desc")
    return call.page(found, lambda one: pull_json(call.at, call.world, call.repo, one))


def _matches(call: Call, issue: Issue) -> bool:
    pull = issue.pull
    assert pull, "a pull request"
    head, base = call.query.get("head"), call.query.get("base")
    return base in (None, "", pull.base_ref) and head in (None, "", f"{pull.head_owner}:{pull.head_ref}")


@route("POST", "/repos/{owner}/{repo}/pulls", WRITE)
def create_pull(call: Call) -> Answer:
    """Open a pull request; `head` is a branch, or `owner:branch` of a fork."""
    body = call.body()
    owner, colon, branch = call.wanted("head").partition(":")
    head_repo = _fork(call.world, call.repo, owner) if colon else call.repo
    issue = open_pull(
        call.world, call.repo, head_repo, branch if colon else owner, call.wanted("base"), call.wanted("title"),
        body=body.get("body"), draft=bool(body.get("draft")), by=call.actor.user,
    )  # fmt: skip
    answer = full_pull_json(call.at, call.world, call.repo, issue)
    return Answer(answer, 201, {"Location": answer["url"]})


@route("GET", PULL, READ)
def get_pull(call: Call) -> Json:
    """One pull request. Reading it starts the computation of `mergeable`, which is null until that is done."""
    issue = find_pull(call)
    compute(call.world, call.repo, issue)
    return full_pull_json(call.at, call.world, call.repo, issue)


@route("PATCH", PULL, WRITE)
def update_pull(call: Call) -> Json:
    """Change title, body, base or state."""
    issue, body, by = find_pull(call), call.body(), call.actor.user
    if by is not issue.user:
        access.require_role(call.actor, call.repo, "triage")
    if "base" in body:
        retarget(call.world, call.repo, issue, body["base"], by)
    edited: Json = {
        name: body[name] for name in ("title", "body") if name in body and body[name] != getattr(issue, name)
    }
    if edited:
        edit(call.world, call.repo, issue, edited, by)
    if body.get("state", issue.state) not in ("open", "closed"):
        raise invalid("PullRequest", "state")
    if body.get("state", issue.state) != issue.state:
        change_state(call.world, call.repo, issue, body["state"], by)
    return full_pull_json(call.at, call.world, call.repo, issue)


@route("GET", PULL + "/commits", READ)
def list_pull_commits(call: Call) -> Answer:
    """Its commits, the oldest first, at most 250."""
    shas = commits_of(call.repo, find_pull(call))[:MOST_COMMITS]
    return call.page(shas, lambda sha: commit_json(call.at, call.world, call.repo, sha))


@route("GET", PULL + "/files", READ)
def list_pull_files(call: Call) -> Answer:
    """The files it changes, against where it left the base."""
    return call.page(files_of(call.at, call.repo, find_pull(call)), lambda file: file)


@route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", READ, "contents=read")
def list_commit_pulls(call: Call) -> Answer:
    """The merged pull request that brought a commit into the repository, and the open ones that have it."""
    sha = call.repo.git.resolve(call.parts["commit_sha"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.parts['commit_sha']}")
    found = [one for one in call.repo.pulls if _has_commit(call.repo, one, sha)]
    return call.page(found, lambda one: pull_json(call.at, call.world, call.repo, one))


def _has_commit(repo: Repo, issue: Issue, sha: str) -> bool:
    pull = issue.pull
    assert pull, "a pull request"
    if pull.merged_at is not None and sha == pull.merge_commit_sha:
        return True
    return (issue.state == "open" or pull.merged_at is not None) and sha in commits_of(repo, issue)


def _fork(world: World, repo: Repo, owner: str) -> Repo:
    for other in world.repos.values():
        if other.owner.login.lower() == owner.lower() and (other is repo or repo in (other.parent,)):
            return other
    raise invalid("PullRequest", "head")


def find_pull(call: Call) -> Issue:
    """The pull request of the path."""
    issue = call.repo.issues.get(int(call.parts["pull_number"])) if call.parts["pull_number"].isdigit() else None
    if issue is None or issue.pull is None:
        raise not_found()
    return issue
