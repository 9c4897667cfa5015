"""Repositories and what people may do there: https://docs.github.com/rest/repos/repos"""

from __future__ import annotations

from tests.testbed.github.access import role
from tests.testbed.github.records import Json
from tests.testbed.github.rest import Call, not_found, route
from tests.testbed.github.shapes import full_repo_json, user_json


@route("GET", "/repos/{owner}/{repo}")
def get_repo(call: Call) -> Json:
    """The repository, with what the asker may do there."""
    return full_repo_json(call.at, call.repo, call.actor)


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
def get_permission(call: Call) -> Json:
    """A person's role. `permission` knows the four old names only: maintain is write there, and triage is read."""
    user = call.world.users.get(call.parts["username"].lower())
    if user is None:
        raise not_found()
    name = role(call.repo, user)
    old = {"maintain": "write", "triage": "read"}.get(name, name)
    shown = (user_json(call.at, user) or {}) | {
        "permissions": {
            "pull": name != "none",
            "triage": name in ("triage", "write", "maintain", "admin"),
            "push": name in ("write", "maintain", "admin"),
            "maintain": name in ("maintain", "admin"),
            "admin": name == "admin",
        },
        "role_name": name,
    }
    return {"permission": old, "role_name": name, "user": shown}
