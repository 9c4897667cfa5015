"""The shape of GitHub's REST API: routes, answers, errors, pages and addresses, before there is anything to say.

https://docs.github.com/rest/using-the-rest-api
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from tests.testbed.github.access import Actor
    from tests.testbed.github.records import Json, Repo
    from tests.testbed.github.world import World

DOCUMENTATION = "https://docs.github.com/rest"
JSON = "application/json; charset=utf-8"
SEVERAL_PARTS = {"ref", "path", "branch", "basehead", "tag"}
"""Parameters of a path that may contain slashes."""


class ApiError(Exception):
    """An answer that says what was wrong, in GitHub's form."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None, **headers: str) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"message": message}
        if errors is not None:
            body["errors"] = errors
        body |= {"documentation_url": DOCUMENTATION, "status": str(status)}
        self.answer = Answer(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def not_found() -> ApiError:
    """404: also for what the asker may not know of."""
    return ApiError(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", message: str | None = None) -> ApiError:
    """422 with one error, e.g. `missing_field`, `already_exists` or `custom` with a message."""
    error = {"resource": resource, "field": field, "code": code} | ({"message": message} if message else {})
    return ApiError(422, "Validation Failed", [error])


@dataclass
class Answer:
    """What is sent back; `body` is JSON, or bytes sent as they are."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        if self.body is None:
            return b""
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")

    def tag(self) -> str:
        """The ETag: its own when it has one, else a weak one over the content."""
        return self.headers.get("ETag") or f'W/"{hashlib.sha256(self.content()).hexdigest()}"'


@dataclass(frozen=True)
class Address:
    """Where the server is, as the asker reached it."""

    web: str
    prefix: str = ""

    @property
    def api(self) -> str:
        """Base of the API's addresses, e.g. `http://127.0.0.1:8080/api/v3`."""
        return self.web + self.prefix

    def repo(self, repo: Repo) -> str:
        """API address of a repository."""
        return f"{self.api}/repos/{repo.full_name}"

    def page(self, repo: Repo) -> str:
        """Address of a repository's web page."""
        return f"{self.web}/{repo.full_name}"

    def git(self, repo: Repo) -> str:
        """The address to clone from."""
        return f"{self.web}/git/{repo.full_name}.git"


@dataclass
class Call:
    """One request, on its way to an answer."""

    world: World
    at: Address
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    actor: Actor
    parts: dict[str, str] = field(default_factory=dict)
    found: Repo | None = None

    @property
    def repo(self) -> Repo:
        """The repository of the path, which the asker may read."""
        assert self.found, "the route has no repository"
        return self.found

    def body(self) -> Json:
        """The JSON that was sent; 400 when it is not a JSON object."""
        body = self.json()
        if not isinstance(body, dict):
            raise ApiError(400, "Body should be a JSON object")
        return body

    def json(self) -> Any:
        """The JSON that was sent."""
        try:
            return json.loads(self.raw or b"{}")
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None

    def wanted(self, name: str, kind: type = str) -> Any:
        """A field of the body that has to be there."""
        value = self.body().get(name)
        if not isinstance(value, kind):
            problem = f'Invalid request.\n\n"{name}" wasn\'t supplied.'
            raise ApiError(422, problem if value is None else f"Invalid request.\n\nFor '{name}', {value!r} is wrong.")
        return value

    def page(self, items: Sequence[Any], show: Callable[[Any], Any], largest: int = 100) -> Answer:
        """The page that was asked for, with the Link header.

        https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
        """
        number, size = max(1, self.number("page", 1)), min(largest, max(1, self.number("per_page", 30)))
        last = max(1, math.ceil(len(items) / size))
        shown = [show(item) for item in items[(number - 1) * size : number * size]]
        pages = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        if number >= last:
            del pages["next"], pages["last"]
        if number == 1:
            del pages["prev"], pages["first"]
        return Answer(shown, headers=self.links({name: {"page": str(page)} for name, page in pages.items()}))

    def links(self, pages: dict[str, dict[str, str]]) -> dict[str, str]:
        """The Link header: the same address with other parameters."""
        if not pages:
            return {}
        base = f"{self.at.api}{self.path}"
        links = [f'<{base}?{urlencode({**self.query, **changed})}>; rel="{name}"' for name, changed in pages.items()]
        return {"Link": ", ".join(links)}

    def number(self, name: str, default: int) -> int:
        """A parameter of the query that is a number."""
        said = self.query.get(name, "")
        return int(said) if re.fullmatch(r"\d{1,9}", said) else default


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """One operation, known by its method and the path's template in GitHub's OpenAPI description."""

    method: str
    template: str
    handler: Handler
    accepted: tuple[str, ...]
    """Permissions of which one is enough, e.g. `issues=write`."""
    pattern: re.Pattern[str]

    @property
    def name(self) -> str:
        """`GET /repos/{owner}/{repo}`."""
        return f"{self.method} {self.template}"


ROUTES: list[Route] = []


def route(method: str, template: str, *accepted: str) -> Callable[[Handler], Handler]:
    """Declare the handler of an operation and the permissions of which one is enough (default: metadata)."""

    def declare(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, handler, accepted or ("metadata=read",), _pattern(template)))
        ROUTES.sort(key=lambda one: -len(re.sub(r"\{[a-z_]+\}", "", one.template)))
        return handler

    return declare


def _pattern(template: str) -> re.Pattern[str]:
    def part(found: re.Match[str]) -> str:
        if found[1] == "path":
            return "(?P<path>.*)"  # empty for the top folder
        return f"(?P<{found[1]}>.+)" if found[1] in SEVERAL_PARTS else f"(?P<{found[1]}>[^/]+)"

    return re.compile(re.sub(r"\{([a-z_]+)\}", part, template))


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, the most literal one first; 404 when there is none."""
    for one in ROUTES:
        if one.method == method and (found := one.pattern.fullmatch(path)):
            return one, found.groupdict()
    raise not_found()


def iso(seconds: float) -> str:
    """A time as GitHub writes it: UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def query(raw: bytes) -> dict[str, str]:
    """The parameters of a query string."""
    return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))


def git_url(base: str, repo: str, token: str | None) -> str:
    """The address to clone a repository from, with a token as the password."""
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{f'x-access-token:{token}@' if token else ''}{rest}/git/{repo}.git"
