"""Request rules: which requests may reach Dagster's web server.

Dagster executes mutations that come by GET or from a form, and looks at neither Host nor Origin. A browser sends such requests for any
page that its user visits, with the user's cookies and passwords. So what other pages can make a browser send is refused here.
Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from pipeline_defs.runtime.web.host_names import Names

_NO_PAGES = frozenset({"graphql", "logs", "download_debug", "notebook", "dagit", "server_info", "dagit_info"})
"""First parts of the paths that answer with data. All others answer with the one page, or with a file that it is made of."""

_OWN_SITE = frozenset({"same-origin", "none"})  # `none`: the user typed the address or took a bookmark


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further: an HTTP status and a sentence."""

    status: int
    sentence: str


def refusal(scope: Scope, names: Names) -> Refusal | None:
    """Why an HTTP request or a WebSocket handshake is refused, None where it may go on."""
    headers = Headers(scope=scope)
    return _foreign_host(headers, names) or _foreign_page(scope, headers, names) or _unknown_way(scope, headers)


def is_link(scope: Scope) -> bool:
    """True where a person is about to see the page because they clicked on a link, wherever that was.

    It shows the page and starts nothing: no data is in the answer, and the page that held the link cannot read it.
    """
    headers = Headers(scope=scope)
    return (
        is_page(scope)
        and headers.getlist("sec-fetch-mode") == ["navigate"]
        and headers.getlist("sec-fetch-dest") == ["document"]
        and "origin" not in headers
    )


def is_page(scope: Scope) -> bool:
    """True where the answer is the page itself, or one of its files, and no data."""
    first = _first_part(scope)
    return scope["type"] == "http" and scope["method"] == "GET" and first not in _NO_PAGES and not _reports(first)


def _foreign_host(headers: Headers, names: Names) -> Refusal | None:
    hosts = headers.getlist("host")
    if len(hosts) == 1 and names.has(hosts[0]):
        return None
    return Refusal(403, "This Shipline has no such name. Where it has one of its own, set SHIPLINE_URL to its address.")


def _foreign_page(scope: Scope, headers: Headers, names: Names) -> Refusal | None:
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    own = all(names.is_origin(origin, headers["host"]) for origin in origins) and len(origins) <= 1
    if own and (_OWN_SITE.issuperset(sites) or is_link(scope)):
        return None
    return Refusal(403, "A page of another site asked for this.")


def _unknown_way(scope: Scope, headers: Headers) -> Refusal | None:
    """Refuses what Dagster's page itself never asks for."""
    if _reports(_first_part(scope)):
        return Refusal(404, "Shipline's records are written by its own runs alone.")
    is_api = scope["path"] == "/graphql"
    if scope["type"] == "websocket":
        return None if is_api else Refusal(404, "There is no WebSocket here.")
    if not is_api:
        return None if scope["method"] in ("GET", "HEAD") else Refusal(405, "Only GET is answered here.")
    if scope["method"] != "POST":
        return Refusal(405, "GraphQL is asked by POST.")
    kinds = [kind.partition(";")[0].strip().lower() for kind in headers.getlist("content-type")]
    return None if kinds == ["application/json"] else Refusal(415, "GraphQL is asked with application/json.")


def _first_part(scope: Scope) -> str:
    return str(scope["path"]).lstrip("/").partition("/")[0].lower()


def _reports(first_part: str) -> bool:
    """True for the paths at which anybody may write into the lineage: /report_asset_materialization and its like."""
    return first_part.startswith("report_")
