"""GitHub deployments: what runs where, and how it got there, as GitHub shows it."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_errors import GitHubError
from pipeline_defs.github.api.github_statuses import cut
from pipeline_defs.github.api.response_parsing import fact

KEY = "shipline"
"""Where in a deployment's payload its key stands, by which it is found again."""

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")

_NEEDS = "deployments: write"


def ensure_deployment(
    access: Access,
    repository: str,
    key: str,
    sha: str,
    environment: str,
    description: str,
    payload: Mapping[str, Any],
    *,
    production: bool,
) -> int:
    """The id of the one deployment with this key, made where there is none.

    https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
    """
    path = f"{repository}/deployments"

    def find_existing() -> int | None:
        deployments = access.pages(path, {"sha": sha, "environment": environment}, needs="deployments: read")
        return next((fact(_id, item) for item in deployments if _payload(item).get(KEY) == key), None)

    def write() -> int:
        body = {
            "ref": sha,
            "environment": environment,
            "description": cut(description),
            "payload": {**payload, KEY: key},
            "production_environment": production,
            "transient_environment": False,
            "auto_merge": False,  # GitHub's own default would merge the default branch into what is deployed
            "required_contexts": [],  # its default is that every status must be green, ours included
        }
        answer = access.send("POST", path, body, needs=_NEEDS)
        return fact(_id, answer.json())

    return access.ensure(find_existing, write)


def ensure_deployment_status(
    access: Access,
    repository: str,
    deployment: int,
    state: str,
    description: str,
    log_url: str,
    environment_url: str,
) -> None:
    """Write a status of a deployment unless its newest one says the same."""
    if state not in STATES:
        raise GitHubError(f"{state!r} is no state of a deployment; use {', '.join(STATES)}")
    path = f"{repository}/deployments/{deployment}/statuses"
    wanted = {
        "state": state,
        "description": cut(description),
        "log_url": log_url,
        "environment_url": environment_url,
    }

    def find_existing() -> bool | None:
        newest = next(iter(access.pages(path, needs="deployments: read")), None)
        same = newest is not None and all((newest.get(key) or "") == value for key, value in wanted.items())
        return True if same else None

    def write() -> bool:
        body = {key: value for key, value in wanted.items() if value}
        return fact(lambda data: bool(data["id"]), access.send("POST", path, body, needs=_NEEDS).json())

    access.ensure(find_existing, write)


def _id(data: Any) -> int:
    return int(data["id"])


def _payload(deployment: Any) -> Mapping[str, Any]:
    """A payload may be a mapping, or a text that holds one."""
    payload = deployment.get("payload")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            return {}
    return payload if isinstance(payload, dict) else {}
