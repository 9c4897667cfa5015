"""Registry login: who we are to a registry, and the answer to its challenge, by Basic or Bearer (token) authentication.

The rules are those of https://distribution.github.io/distribution/spec/auth/token/.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from docker.auth import load_config
from docker.errors import DockerException
from requests.auth import AuthBase
from requests.utils import parse_dict_header

from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.registry_errors import RegistryError

DOCKER_HUB = "docker.io"
TOKEN_SECONDS = 45.0
"""How long a token is used; no registry may give one that lives for less than a minute."""


@dataclass(frozen=True)
class Credentials:
    """Who pushes and pulls."""

    username: str
    password: Secret

    @property
    def pair(self) -> str:
        """`username:password` in Base64, as HTTP and Docker's own configuration have it. It is as secret as the password."""
        return base64.b64encode(f"{self.username}:{self.password.reveal()}".encode()).decode()

    @classmethod
    def of_docker_login(cls, host: str) -> "Credentials | None":
        """What an earlier `docker login` of this user left for the host; None without one that works."""
        try:
            found = load_config().resolve_authconfig(None if host == DOCKER_HUB else host)
        except DockerException:  # a credential helper that is not there
            return None
        known = {key.lower(): value for key, value in (found or {}).items()}
        if not known.get("username") or not known.get("password"):
            return None
        return cls(known["username"], Secret(known["password"]))


class Login(AuthBase):
    """Signs requests to one registry. Given to requests as `auth`, which also keeps it from passwords in ~/.netrc."""

    def __init__(self, host: str, credentials: Credentials | None, *, plain: bool) -> None:
        """`plain`: the registry itself is spoken to without encryption, so its token server may be, too."""
        self._host = host
        self._credentials = credentials
        self._plain = plain
        self._header: str | None = None
        self._until = 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._header and time.monotonic() < self._until:
            request.headers["Authorization"] = self._header
        return request

    def answer(self, challenge: str, get: Callable[..., requests.Response]) -> None:
        """Log in as a `WWW-Authenticate` header asks; `get` fetches a token. Raises RegistryError."""
        scheme, _, rest = challenge.partition(" ")
        basic = f"Basic {self._credentials.pair}" if self._credentials else None
        if scheme.lower() == "basic":
            self._sign_with(basic)
        elif scheme.lower() == "bearer":
            self._sign_with(basic)
            self._sign_with(f"Bearer {self._token(parse_dict_header(rest), get)}")  # type: ignore[no-untyped-call]
        else:
            raise RegistryError(
                f"the registry {self._host} asks for an unknown kind of login ({scheme or 'none named'})"
            )

    def refused(self) -> str:
        """The sentence for a login that the registry does not accept."""
        if self._credentials is None:
            return f"the registry {self._host} wants a login; set registry.username and registry.password"
        return (
            f"the registry {self._host} refused the login of {self._credentials.username}; "
            "check registry.username and registry.password"
        )

    def _sign_with(self, header: str | None) -> None:
        self._header = header
        self._until = time.monotonic() + TOKEN_SECONDS

    def _token(self, wanted: dict[str, str], get: Callable[..., requests.Response]) -> str:
        realm = wanted.get("realm", "")
        if not realm.startswith("https://") and not (self._plain and realm.startswith("http://")):
            raise RegistryError(f"the registry {self._host} asks to log in without encryption at {realm!r}; refused")
        answer = get(realm, params={key: wanted[key] for key in ("service", "scope") if key in wanted})
        if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise RegistryError(self.refused())
        try:
            given = answer.json()
            return str(given.get("token") or given["access_token"])
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            raise RegistryError(
                f"the registry {self._host} gave no token to log in with (status {answer.status_code}); try again"
            ) from None
