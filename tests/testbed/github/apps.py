"""The asker, its rate limit, and apps with their installations: https://docs.github.com/rest/apps"""

from __future__ import annotations

from tests.testbed.github import access
from tests.testbed.github.records import App, Json
from tests.testbed.github.rest import Address, Answer, ApiError, Call, iso, not_found, route
from tests.testbed.github.shapes import app_json, full_repo_json, repo_json, user_json

HOUR = 3600


@route("GET", "/user")
def get_user(call: Call) -> Json:
    """The person whose token it is. An installation is nobody."""
    token = call.actor.token
    if token is None:
        raise ApiError(401, "Requires authentication")
    if token.app:
        raise ApiError(403, "Resource not accessible by integration")
    user = token.user
    return (user_json(call.at, user) or {}) | {
        **dict.fromkeys(("company", "location", "hireable", "bio", "twitter_username"), None),
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "name": user.name,
        "blog": "",
        "email": user.email,
        "created_at": iso(0),
        "updated_at": iso(0),
    }


@route("GET", "/rate_limit")
def get_rate_limit(call: Call) -> Json:
    """What is left; asking for it costs nothing."""
    rate = call.world.counts.rate(call.actor.budget)
    return {"resources": {"core": rate, "search": {**rate, "limit": 30, "used": 0, "remaining": 30}}, "rate": rate}


@route("GET", "/app")
def get_app(call: Call) -> Json:
    """The app that signed the JWT."""
    app = _app(call)
    return app_json(call.at, app) | {"installations_count": 1}


@route("GET", "/repos/{owner}/{repo}/installation", access.APP)
def get_repo_installation(call: Call) -> Json:
    """Where the app is installed that signed the JWT."""
    app = _app(call)
    if app.owner is not call.repo.owner or call.repo.full_name not in (app.repositories or [call.repo.full_name]):
        raise not_found()
    return installation_json(call.at, app)


@route("GET", "/app/installations/{installation_id}")
def get_installation(call: Call) -> Json:
    """An installation of the app."""
    return installation_json(call.at, _installed(call))


@route("POST", "/app/installations/{installation_id}/access_tokens")
def create_token(call: Call) -> Answer:
    """A token for an hour, for all that the app may do there or for less."""
    app, body, world = _installed(call), call.body(), call.world
    permissions = body.get("permissions") or dict(app.permissions)
    beyond = [name for name, level in permissions.items() if not _within(level, app.permissions.get(name))]
    if beyond:
        raise ApiError(422, "The permissions requested are not granted to this installation.")
    names = app.repositories
    if body.get("repositories"):
        names = [f"{app.owner.login}/{name}" for name in body["repositories"]]
    elif body.get("repository_ids"):
        names = [repo.full_name for repo in world.repos.values() if repo.id in body["repository_ids"]]
    expires = world.now() + HOUR
    text = world.new_token(app.bot, permissions, names, app=app, expires=expires)
    chosen = "all" if names is None else "selected"
    shown = {
        "token": text,
        "expires_at": iso(expires),
        "permissions": {"metadata": "read", **permissions},
        "repository_selection": chosen,
    }
    if names is not None:
        shown["repositories"] = [repo_json(call.at, world.repo(name)) for name in names]
    return Answer(shown, 201)


@route("GET", "/installation/repositories")
def list_installation_repositories(call: Call) -> Answer:
    """The repositories that an installation's token reaches."""
    token = call.actor.token
    if token is None or token.app is None:
        raise ApiError(403, "You must authenticate with an installation access token in order to list repositories.")
    found = [repo for repo in call.world.repos.values() if access.reaches(token, repo)]
    page = call.page(found, lambda repo: full_repo_json(call.at, repo, call.actor))
    chosen = "all" if token.repositories is None else "selected"
    return Answer(
        {"total_count": len(found), "repository_selection": chosen, "repositories": page.body}, headers=page.headers
    )


def _within(wanted: str, granted: str | None) -> bool:
    order = ("read", "write", "admin")
    return granted in order and wanted in order and order.index(wanted) <= order.index(granted)


def _app(call: Call) -> App:
    if call.actor.app is None:
        raise ApiError(401, "A JSON web token could not be decoded")
    return call.actor.app


def _installed(call: Call) -> App:
    app = _app(call)
    if str(app.installation) != call.parts["installation_id"]:
        raise not_found()
    return app


def installation_json(at: Address, app: App) -> Json:
    """An app's installation."""
    url = f"{at.api}/app/installations/{app.installation}"
    return {
        "id": app.installation,
        "account": user_json(at, app.owner),
        "repository_selection": "all" if app.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{at.api}/installation/repositories",
        "html_url": f"{at.web}/settings/installations/{app.installation}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": app.owner.id,
        "target_type": app.owner.type,
        "permissions": {"metadata": "read", **app.permissions},
        "events": [],
        "created_at": iso(app.created_at),
        "updated_at": iso(app.created_at),
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    }
