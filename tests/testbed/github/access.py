"""Who asks, and what they may: tokens with fine-grained permissions, roles of people, apps.

https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt

from tests.testbed.github.records import App, Repo, User
from tests.testbed.github.rest import ApiError, Route, not_found

if TYPE_CHECKING:
    from tests.testbed.github.world import World

APP = "app"
"""In place of a permission: the route is for an app's own JWT."""
LEVELS = ["none", "read", "triage", "write", "maintain", "admin"]
"""Roles of people in a repository, from little to much."""
ALSO = {"repository_hooks": "webhooks"}
"""The name on the web page of a permission that is called differently in headers."""
ROLE_FOR = {"administration": "admin", "repository_hooks": "admin"}
"""The role a person needs to write what a permission of that name covers; for all else it is `write`."""
ANYONE = {"issues", "pull_requests"}
"""What whoever can read a repository may write to: everybody may comment and open pull requests."""


@dataclass(eq=False)
class Token:
    """An access token of a person or of an app's installation; `permissions` None means all, as a classic token has."""

    text: str
    user: User
    permissions: dict[str, str] | None
    repositories: list[str] | None
    app: App | None = None
    expires: float | None = None


@dataclass(eq=False)
class Actor:
    """Who sent a request."""

    token: Token | None = None
    app: App | None = None
    """Set when the request carries an app's own JWT."""
    budget: str = "anonymous"
    """Whose rate limit it counts on."""

    @property
    def user(self) -> User | None:
        """The account it acts as."""
        return self.token.user if self.token else None


def identify(world: World, headers: Mapping[str, str]) -> Actor:
    """The sender by the Authorization header: `Bearer`, `token`, or a password as git sends it. 401 when unknown."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if not scheme:
        return Actor()
    text = _password(rest) if scheme.lower() == "basic" else rest.strip()
    if text.count(".") == 2:
        app = _app_of(world, text)
        return Actor(app=app, budget=f"app {app.id}")
    token = world.tokens.get(text)
    if token is None or (token.expires is not None and token.expires < world.now()):
        raise ApiError(401, "Bad credentials")
    return Actor(token, budget=f"installation {token.app.installation}" if token.app else token.user.login)


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _app_of(world: World, text: str) -> App:
    """The app that signed a JWT. https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app"""
    try:
        said = jwt.decode(text, options={"verify_signature": False})
        app = world.apps[int(said.get("iss", 0))]
        options = {"verify_exp": False, "verify_iat": False}
        said = jwt.decode(text, app.public_key, algorithms=["RS256"], options=options)  # type: ignore[arg-type]
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise ApiError(401, "A JSON web token could not be decoded") from None
    # PyGithub sets `iat` 60 s back; GitHub allows ten minutes from now to the end.
    if not isinstance(said.get("exp"), int | float) or said["exp"] > world.now() + 600 + 30:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
    if said["exp"] < world.now():
        raise ApiError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if not isinstance(said.get("iat"), int | float) or said["iat"] > world.now() + 30:
        raise ApiError(401, "'Issued at' claim ('iat') must be an Integer representing a time in the past")
    return app


def role(repo: Repo, user: User | None) -> str:
    """The role of a person in a repository: its owner is its admin, everybody reads what is public."""
    if user is None:
        return "none" if repo.private else "read"
    if user is repo.owner:
        return "admin"
    return repo.collaborators.get(user.login) or ("none" if repo.private else "read")


def at_least(repo: Repo, user: User | None, level: str) -> bool:
    """True when a person's role is that or more."""
    return LEVELS.index(role(repo, user)) >= LEVELS.index(level)


def can_see(repo: Repo, actor: Actor) -> bool:
    """True when the repository exists for the sender."""
    if not repo.private:
        return True
    token = actor.token
    return token is not None and reaches(token, repo) and (token.app is not None or at_least(repo, token.user, "read"))


def reaches(token: Token, repo: Repo) -> bool:
    """True when the token was made for the repository: an app's is for those of the owner it is installed at."""
    if token.app and token.app.owner is not repo.owner:
        return False
    return token.repositories is None or repo.full_name in token.repositories


def require(actor: Actor, repo: Repo, one: Route) -> None:
    """404 when the sender may not know the repository, 403 when it may not do this there."""
    if one.accepted == (APP,):
        return
    if not can_see(repo, actor):
        raise not_found()
    if any(allows(actor, repo, accepted) for accepted in one.accepted):
        return
    if actor.token is None:
        raise ApiError(401, "Requires authentication")
    kind = "integration" if actor.token.app else "personal access token"
    accepted = "; ".join(one.accepted)
    raise ApiError(403, f"Resource not accessible by {kind}", X_Accepted_GitHub_Permissions=accepted)


def allows(actor: Actor, repo: Repo, accepted: str) -> bool:
    """True when the token has the permission, e.g. `statuses=write`, and its owner the role for it."""
    name, _, level = accepted.partition("=")
    token = actor.token
    if token is None or not reaches(token, repo):
        return level == "read" and not repo.private
    if token.permissions is not None and name != "metadata":
        granted = token.permissions.get(name) or token.permissions.get(ALSO.get(name, ""), "none")
        if granted == "none" or (level == "write" and granted not in ("write", "admin")):
            return False
    if token.app or level == "read":
        return True
    needed = "read" if name in ANYONE else ROLE_FOR.get(name, "write")
    return at_least(repo, token.user, needed)


def require_role(actor: Actor, repo: Repo, level: str) -> None:
    """403 when a person's role is less; an app has permissions only."""
    if actor.token and not actor.token.app and not at_least(repo, actor.user, level):
        raise ApiError(403, f"Must have {level} access to Repository.")
