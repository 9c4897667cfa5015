"""Granted permissions: which of those that Shipline needs a token or App has, found out without changing anything."""

from collections.abc import Collection
from functools import partial
from typing import Any

from pipeline_defs.github.api import repository_queries
from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.github_errors import GitHubRefused
from pipeline_defs.github.api.github_login import AppLogin, TokenLogin
from pipeline_defs.github.api.response_parsing import fact

_LEVELS = ("", "read", "write", "admin")
_NOTHING = "0" * 40
_NO_NUMBER = 2**31 - 1
_NO_BRANCH = "shipline/permission-check/no-such-branch"

_READS = {
    "metadata": "",
    "contents": "/commits?per_page=1",
    "pull_requests": "/pulls?per_page=1",
    "issues": "/issues?per_page=1",
    "deployments": "/deployments?per_page=1",
    "statuses": "/commits/HEAD/status?per_page=1",
}

# Requests that cannot succeed: what they are about does not exist, or what they must have is not given.
_WRITES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "contents": ("POST", "/git/refs", {"ref": f"refs/heads/{_NO_BRANCH}", "sha": _NOTHING}),
    "pull_requests": ("PATCH", f"/pulls/{_NO_NUMBER}", {"title": "-"}),
    "issues": ("POST", "/issues", {}),  # without a title; comments could be written with pull_requests: write as well
    "deployments": ("POST", "/deployments", {"ref": _NO_BRANCH, "auto_merge": False, "required_contexts": []}),
    "statuses": ("POST", f"/statuses/{_NOTHING}", {"state": "error", "context": "shipline"}),
}


def missing(access: Access, repository: str, login: TokenLogin | AppLogin, needed: Collection[str]) -> list[str]:
    """Those of `needed` ("name: level") that are not granted, in their order. Raises GitHubError where it cannot be found out."""
    if isinstance(login, AppLogin):
        granted = fact(lambda data: dict(data["permissions"]), login.installation())
        return [want for want in needed if not _covers(granted, want)]
    answer = repository_queries.about(access, repository)
    scopes = answer.headers.get("x-oauth-scopes")
    if scopes:  # a classic token: its scope `repo` is all of them, as far as its user's role goes
        return [want for want in needed if not fact(partial(_by_scope, want, scopes), answer.json())]
    return [want for want in needed if not _allowed(access, repository, want)]


def _covers(granted: dict[str, str], want: str) -> bool:
    name, _, level = want.partition(": ")
    has = granted.get(name, "")
    return has in _LEVELS and _LEVELS.index(has) >= _LEVELS.index(level)


def _by_scope(want: str, scopes: str, repository: Any) -> bool:
    given = {scope.strip() for scope in scopes.split(",")}
    name, _, level = want.partition(": ")
    role = repository.get("permissions") or {}
    if level == "read":
        return "repo" in given or not repository.get("private", True)
    special = {"statuses": "repo:status", "deployments": "repo_deployment"}.get(name)
    fits = "repo" in given or special in given or ("public_repo" in given and not repository.get("private", True))
    return fits and bool(role.get("push"))


def _allowed(access: Access, repository: str, want: str) -> bool:
    name, _, level = want.partition(": ")
    try:
        if level == "read":
            answer: Answer = access.get(f"{repository}{_READS[name]}", allowed=(403, 404, 409, 422))
            return answer.status not in (403, 404)
        verb, path, body = _WRITES[name]
        # 403 comes before anybody looks for what does not exist, which would be 404 or 422.
        return access.send(verb, f"{repository}{path}", body, allowed=(403, 404, 409, 422)).status != 403
    except GitHubRefused:
        return False
