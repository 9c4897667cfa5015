"""GitHub login: who Shipline is to GitHub, by a token or as a GitHub App that is installed on the repository."""

import threading
import time
from datetime import datetime
from typing import Any

from github.Auth import AppAuth, Auth, Token

from pipeline_defs.config.secret import Secret
from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_errors import GitHubError, GitHubRefused
from pipeline_defs.github.api.response_parsing import fact

MARGIN_SECONDS = 900.0
"""A token of an App lives for an hour; with less than this left a new one is made, since a `git fetch` may take that long."""


class TokenLogin(Token):
    """A fine-grained token, or a classic one."""

    def __init__(self, token: Secret) -> None:
        super().__init__(token.reveal())

    def __repr__(self) -> str:
        return "TokenLogin(***)"


class AppLogin(Auth):
    """A GitHub App. It signs a JWT with its private key, and gets with it tokens for the one repository.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
    """

    def __init__(self, api: str, full_name: str, app_id: int, key: Secret) -> None:
        """`key`: the private key in PEM form. Raises GitHubError for one that is not."""
        self._full_name = full_name
        self._app_id = app_id
        jwt = AppAuth(app_id, key.reveal())
        try:
            jwt.create_jwt()
        except Exception:  # of several libraries, and their messages may quote the key
            raise GitHubError(
                "github.app.key is no RSA private key in PEM form; download a new one from GitHub"
            ) from None
        self._access = Access(api, jwt)
        self._lock = threading.Lock()
        self._token = ""
        self._fresh_until = 0.0  # of time.monotonic()

    @property
    def token_type(self) -> str:
        """The word before the token in the header."""
        return "token"

    @property
    def token(self) -> str:
        """An installation's token that lives for a quarter of an hour at least, made anew when needed. Raises GitHubError."""
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._renew()
            return self._token

    def installation(self) -> dict[str, Any]:
        """The App's installation on the repository: `id`, `app_slug`, `permissions` {name: read, write or admin}."""
        answer = self._access.get(f"/repos/{self._full_name}/installation", allowed=(404,))
        if answer.status == 404:
            raise GitHubRefused(
                f"the GitHub App {self._app_id} is not installed on {self._full_name}; install it there in its settings"
            )
        installation: dict[str, Any] = answer.json()
        return installation

    def _renew(self) -> None:
        number = fact(lambda data: int(data["id"]), self.installation())
        path = f"/app/installations/{number}/access_tokens"
        asked = time.monotonic()
        answer = self._access.send("POST", path, {"repositories": [self._full_name.partition("/")[2]]}, allowed=(422,))
        if answer.status == 422:  # the repository has another name now; then for all that the App is installed on
            answer = self._access.send("POST", path, {})
        given = answer.json()
        self._token = fact(lambda data: str(data["token"]), given)
        ends = fact(lambda data: datetime.fromisoformat(data["expires_at"]), given)
        lifetime = (ends - answer.time).total_seconds()  # both of GitHub's clock
        self._fresh_until = asked + max(lifetime - MARGIN_SECONDS, lifetime / 4)

    def __repr__(self) -> str:
        return f"AppLogin({self._app_id})"
