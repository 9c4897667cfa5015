"""Commit statuses: https://docs.github.com/rest/commits/statuses"""

from __future__ import annotations

from tests.testbed.github.commits import require_sha, resolve
from tests.testbed.github.records import Json, Repo
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, iso, route
from tests.testbed.github.shapes import node, repo_json, user_json

STATES = ("error", "failure", "pending", "success")
MOST = 1000
"""Statuses that one SHA takes of one context."""
LONGEST = 140


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses=write")
def create_status(call: Call) -> Answer:
    """Report on a commit; the newest of each context counts, whatever its capitals."""
    body, repo = call.body(), call.repo
    sha = require_sha(repo, call.parts["sha"], "Status", "sha")
    if body.get("state") not in STATES:
        raise invalid("Status", "state")
    context, description = str(body.get("context") or "default"), body.get("description")
    if len(description or "") > LONGEST:
        raise invalid("Status", "description", "custom", f"description is too long (maximum is {LONGEST} characters)")
    if sum(one["context"].lower() == context.lower() for one in repo.statuses.get(sha, [])) >= MOST:
        message = "This SHA and context has reached the maximum number of statuses."
        raise ApiError(422, "Validation Failed", [{"resource": "Status", "code": "custom", "message": message}])
    number = call.world.id()
    status = {
        "id": number,
        "node_id": node("StatusContext", number),
        "state": body["state"],
        "description": description,
        "target_url": body.get("target_url"),
        "context": context,
        "created_at": iso(call.world.now()),
        "updated_at": iso(call.world.now()),
        "creator": call.actor.user,
        "sha": sha,
    }
    repo.statuses.setdefault(sha, []).append(status)
    shown = _status_json(call.at, repo, status)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/statuses/{ref}", "statuses=read", "contents=read")
@route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "statuses=read", "contents=read")
def list_statuses(call: Call) -> Answer:
    """All statuses of a commit, the newest first."""
    sha = resolve(call.repo, call.parts["ref"])
    found = call.repo.statuses.get(sha, [])[::-1]
    return call.page(found, lambda one: _status_json(call.at, call.repo, one))


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "statuses=read", "contents=read")
def get_combined_status(call: Call) -> Answer:
    """The newest status of each context; pending when there is none, failure as soon as one failed."""
    repo, sha = call.repo, resolve(call.repo, call.parts["ref"])
    newest = list(latest(repo, sha).values())
    page = call.page(newest, lambda one: _simple_json(call.at, repo, one))
    body = {
        "state": combined(repo, sha),
        "statuses": page.body,
        "sha": sha,
        "total_count": len(newest),
        "repository": repo_json(call.at, repo),
        "commit_url": f"{call.at.repo(repo)}/commits/{sha}",
        "url": f"{call.at.repo(repo)}/commits/{sha}/status",
    }
    return Answer(body, headers=page.headers)


def latest(repo: Repo, sha: str) -> dict[str, Json]:
    """The newest status of each context, by its name in small letters."""
    return {one["context"].lower(): one for one in repo.statuses.get(sha, [])}


def combined(repo: Repo, sha: str) -> str:
    """What all contexts say together."""
    states = {one["state"] for one in latest(repo, sha).values()}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def _simple_json(at: Address, repo: Repo, status: Json) -> Json:
    shown = {name: value for name, value in status.items() if name not in ("sha", "creator")}
    avatar = f"{at.web}/avatars/{status['creator'].id if status['creator'] else 0}"
    return {"url": f"{at.repo(repo)}/statuses/{status['sha']}", "avatar_url": avatar, **shown}


def _status_json(at: Address, repo: Repo, status: Json) -> Json:
    return _simple_json(at, repo, status) | {"creator": user_json(at, status["creator"])}
