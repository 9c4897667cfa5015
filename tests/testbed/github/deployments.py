"""Deployments and their statuses: https://docs.github.com/rest/deployments"""

from __future__ import annotations

from typing import Any

from tests.testbed.github import statuses, updates
from tests.testbed.github.merge import github, signature
from tests.testbed.github.records import Json, Repo
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, iso, not_found, route
from tests.testbed.github.shapes import app_json, node, user_json

READ, WRITE = "deployments=read", "deployments=write"
DEPLOYMENTS = "/repos/{owner}/{repo}/deployments"
DEPLOYMENT = DEPLOYMENTS + "/{deployment_id}"
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
LONGEST = 140


@route("POST", DEPLOYMENTS, WRITE)
def create_deployment(call: Call) -> Answer:
    """Announce a deployment.

    Two defaults surprise: `auto_merge` merges the default branch into the ref when the ref is behind it, which answers 202
    and makes no deployment; without `required_contexts` every status of the ref has to be green, else 409.
    """
    body, repo = call.body(), call.repo
    ref = call.wanted("ref")
    sha = repo.git.resolve(ref)
    if sha is None:
        raise ApiError(422, f"No ref found for: {ref}")
    if body.get("auto_merge", True) and (merged := _auto_merge(call, ref, sha)):
        return merged
    _require_contexts(repo, sha, body.get("required_contexts"))
    _require_short(body.get("description"))
    environment = body.get("environment") or "production"
    number, now = call.world.id(), call.world.now()
    repo.deployments[number] = {
        "id": number,
        "node_id": node("Deployment", number),
        "sha": sha,
        "ref": ref,
        "task": body.get("task") or "deploy",
        "payload": body.get("payload") or {},
        "original_environment": environment,
        "environment": environment,
        "description": body.get("description"),
        "creator": call.actor.user,
        "app": call.actor.token.app if call.actor.token else None,
        "created_at": now,
        "updated_at": now,
        "transient_environment": bool(body.get("transient_environment", False)),
        "production_environment": bool(body.get("production_environment", environment == "production")),
        "statuses": [],
    }
    shown = deployment_json(call.at, repo, repo.deployments[number])
    return Answer(shown, 201, {"Location": shown["url"]})


def _auto_merge(call: Call, ref: str, sha: str) -> Answer | None:
    repo, git = call.repo, call.repo.git
    head = git.head(repo.default_branch)
    if git.head(ref) is None or ref == repo.default_branch or head is None or git.contains(sha, head):
        return None
    tree = git.merged(sha, head)
    if tree is None:
        raise ApiError(409, f"Conflict merging {repo.default_branch} into {ref}.")
    who = signature(call.world, call.actor.user)
    message = f"Merge branch '{repo.default_branch}' into {ref}"
    made = git.objects.write_commit(tree, [sha, head], who, message, github(call.world))
    updates.move(call.world, repo, f"refs/heads/{ref}", made, call.actor.user)
    return Answer({"message": f"Auto-merged {repo.default_branch} into {ref} on deployment."}, 202)


def _require_contexts(repo: Repo, sha: str, wanted: Any) -> None:
    latest = statuses.latest(repo, sha)
    names = list(latest) if wanted is None else [str(name).lower() for name in wanted]
    contexts = [{"context": name, "state": latest[name]["state"] if name in latest else "missing"} for name in names]
    if all(one["state"] == "success" for one in contexts):
        return
    error = {"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}
    raise ApiError(409, "Conflict: Commit status checks failed for " + sha + ".", [error])


def _require_short(description: Any) -> None:
    if len(description or "") > LONGEST:
        raise invalid(
            "Deployment", "description", "custom", f"description is too long (maximum is {LONGEST} characters)"
        )


@route("GET", DEPLOYMENTS, READ)
def list_deployments(call: Call) -> Answer:
    """The newest first, by sha, ref, task and environment."""
    wanted = {name: call.query[name] for name in ("sha", "ref", "task", "environment") if call.query.get(name)}
    found = [one for one in call.repo.deployments.values() if all(one[name] == wanted[name] for name in wanted)]
    return call.page(found[::-1], lambda one: deployment_json(call.at, call.repo, one))


@route("GET", DEPLOYMENT, READ)
def get_deployment(call: Call) -> Json:
    """One deployment."""
    return deployment_json(call.at, call.repo, _find(call))


@route("POST", DEPLOYMENT + "/statuses", WRITE)
def create_deployment_status(call: Call) -> Answer:
    """Say how it went. A success makes the older ones of the same environment inactive, but not in production."""
    body, repo, deployment = call.body(), call.repo, _find(call)
    if body.get("state") not in STATES:
        raise invalid("DeploymentStatus", "state")
    _require_short(body.get("description"))
    status = _add_status(call, deployment, body["state"], body)
    if body["state"] == "success" and body.get("auto_inactive", True):
        for other in repo.deployments.values():
            if other["environment"] == deployment["environment"] and other["id"] < deployment["id"]:
                _deactivate(call, other)
    shown = deployment_status_json(call.at, repo, deployment, status)
    return Answer(shown, 201, {"Location": shown["url"]})


def _deactivate(call: Call, deployment: Json) -> None:
    kept = deployment["production_environment"] or deployment["transient_environment"]
    if not kept and deployment["statuses"] and deployment["statuses"][-1]["state"] == "success":
        _add_status(call, deployment, "inactive", {})


def _add_status(call: Call, deployment: Json, state: str, body: Json) -> Json:
    number, now = call.world.id(), call.world.now()
    deployment["environment"] = body.get("environment") or deployment["environment"]
    deployment["updated_at"] = now
    status = {
        "id": number,
        "node_id": node("DeploymentStatus", number),
        "state": state,
        "creator": call.actor.user,
        "description": body.get("description") or "",
        "environment": deployment["environment"],
        "environment_url": body.get("environment_url") or "",
        "log_url": body.get("log_url") or body.get("target_url") or "",
        "target_url": body.get("target_url") or body.get("log_url") or "",
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    deployment["statuses"].append(status)
    return status


@route("GET", DEPLOYMENT + "/statuses", READ)
def list_deployment_statuses(call: Call) -> Answer:
    """The newest first."""
    deployment = _find(call)
    found = deployment["statuses"][::-1]
    return call.page(found, lambda one: deployment_status_json(call.at, call.repo, deployment, one))


@route("GET", DEPLOYMENT + "/statuses/{status_id}", READ)
def get_deployment_status(call: Call) -> Json:
    """One status."""
    deployment = _find(call)
    for one in deployment["statuses"]:
        if str(one["id"]) == call.parts["status_id"]:
            return deployment_status_json(call.at, call.repo, deployment, one)
    raise not_found()


def _find(call: Call) -> Json:
    number = call.parts["deployment_id"]
    if not number.isdigit() or int(number) not in call.repo.deployments:
        raise not_found()
    return call.repo.deployments[int(number)]


def deployment_json(at: Address, repo: Repo, one: Json) -> Json:
    """A deployment."""
    url = f"{at.repo(repo)}/deployments/{one['id']}"
    shown = {name: value for name, value in one.items() if name not in ("statuses", "app", "creator")}
    times = {name: iso(one[name]) for name in ("created_at", "updated_at")}
    made = {"performed_via_github_app": app_json(at, one["app"]) if one["app"] else None}
    links = {"url": url, "statuses_url": f"{url}/statuses", "repository_url": at.repo(repo)}
    return {**shown, **times, **made, **links, "creator": user_json(at, one["creator"])}


def deployment_status_json(at: Address, repo: Repo, deployment: Json, one: Json) -> Json:
    """A status of a deployment."""
    url = f"{at.repo(repo)}/deployments/{deployment['id']}"
    return one | {
        "url": f"{url}/statuses/{one['id']}",
        "deployment_url": url,
        "repository_url": at.repo(repo),
        "creator": user_json(at, one["creator"]),
        "performed_via_github_app": app_json(at, deployment["app"]) if deployment["app"] else None,
    }
