"""The guard before Dagster's web server: what another site's page can make a browser send goes no further."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.runtime.web.host_names import LOOPBACK, Names
from pipeline_defs.runtime.web.request_guard import Guard
from pipeline_defs.runtime.web.web_login import Login

HERE = "127.0.0.1:3000"
NAMES = Names.of([*LOOPBACK, "https://shipline.example.org", "http://webserver:3000"])
JSON = ("content-type", "application/json")
TOKEN = "t0ken"


class Behind:
    """What the guard stands before: it notes that it was reached."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope["path"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        policy = (b"content-security-policy", b"default-src 'self'")
        await send({"type": "http.response.start", "status": 200, "headers": [policy]})
        await send({"type": "http.response.body", "body": b"behind"})


class Asked:
    """One request through the guard: status, headers, and whether it got through."""

    def __init__(
        self, path: str, *headers: tuple[str, str], method: str = "GET", host: str | None = HERE, login: bool = False
    ) -> None:
        behind, self.sent = Behind(), list[dict[str, Any]]()
        path, _, query = path.partition("?")
        hosts = [] if host is None else [("host", host)]
        scope = {
            "type": "websocket" if method == "WEBSOCKET" else "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in [*hosts, *headers]],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            self.sent.append(message)

        asyncio.run(Guard(behind, NAMES, Login(TOKEN, "3000") if login else None)(scope, receive, send))
        self.reached = bool(behind.reached)
        self.status = self.sent[0].get("status", self.sent[0]["type"])
        self.headers = [(name.decode(), value.decode()) for name, value in self.sent[0].get("headers", [])]
        self.body = b"".join(message.get("body", b"") for message in self.sent).decode()

    def values(self, header: str) -> list[str]:
        return [value for name, value in self.headers if name == header]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:3000", "localhost", "LOCALHOST:8080", "[::1]:3000", "shipline.example.org", "webserver:3000"],
)
def test_the_names_of_this_shipline_are_answered(host: str) -> None:
    assert Asked("/runs", host=host).reached
    assert Asked("/graphql", JSON, method="POST", host=host).reached


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost.evil.example:3000",
        "evil.example#127.0.0.1",
        "evil.example@127.0.0.1:3000",
        "127.0.0.1:3000:80",
        "127.0.0.1:3000 evil",
        "localhost.",
        "[::2]",
        "192.168.0.7:3000",
        "",
        None,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "WEBSOCKET"])
def test_a_host_that_is_not_ours_reaches_nothing(host: str | None, method: str) -> None:
    assert not Asked("/graphql" if method != "GET" else "/runs", JSON, method=method, host=host).reached


def test_two_hosts_are_none() -> None:
    assert not Asked("/runs", ("Host", "evil.example")).reached


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_no_text_in_a_host_is_taken_for_a_name_that_it_is_not(host: str) -> None:
    name = host.lower().rpartition(":")[0] or host.lower()
    assert NAMES.has(host) <= (host.lower() in NAMES.schemes or name in NAMES.schemes)


FOREIGN_ORIGINS = [
    "http://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:8000",
    "https://127.0.0.1:3000",
    "http://localhost:3000",
    "http://127.0.0.1:3000.evil.example",
    "http://127.0.0.1:3000/",
    "file://",
]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["GET", "POST", "WEBSOCKET"])
def test_a_page_of_another_origin_reaches_nothing(origin: str, method: str) -> None:
    path = "/runs" if method == "GET" else "/graphql"
    assert not Asked(path, JSON, ("Origin", origin), method=method).reached
    navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "cross-site")]
    assert not Asked(path, JSON, ("Origin", origin), *navigation, method=method).reached


def test_the_own_page_reaches_what_it_asks_for() -> None:
    own = [("Origin", f"http://{HERE}"), ("Sec-Fetch-Site", "same-origin")]
    assert Asked("/graphql", JSON, *own, method="POST").reached
    assert Asked("/graphql", ("content-type", "application/json; charset=utf-8"), *own, method="POST").reached
    assert Asked("/graphql", *own, method="WEBSOCKET").reached
    assert Asked("/logs/a/b.out", *own).reached
    public = ("Origin", "https://shipline.example.org")
    assert Asked("/graphql", JSON, public, method="POST", host="shipline.example.org").reached
    unsafe = ("Origin", "http://shipline.example.org")
    assert not Asked("/graphql", JSON, unsafe, method="POST", host="shipline.example.org").reached


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "anything"])
def test_what_a_browser_calls_another_site_reaches_no_data(site: str) -> None:
    fetched = ("Sec-Fetch-Site", site)
    assert not Asked("/graphql", JSON, fetched, method="POST").reached
    assert not Asked("/graphql", fetched, method="WEBSOCKET").reached
    clicked = [fetched, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    for path in ("/logs/a/b.out", "/download_debug/1", "/server_info", "/notebook"):
        assert not Asked(path, *clicked).reached
    assert not Asked("/runs", fetched).reached  # an image, a script
    assert not Asked("/runs", fetched, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")).reached


def test_a_link_that_a_person_clicks_shows_the_page() -> None:
    clicked = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    assert Asked("/runs/1", *clicked).reached


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"])
def test_graphql_is_asked_by_post_alone(method: str) -> None:
    assert not Asked("/graphql?query=mutation{wipeAssets}", JSON, ("Accept", "text/html"), method=method).reached


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/graphql",
        "application/jsonp",
        "",
    ],
)
def test_graphql_is_asked_in_json_alone(kind: str) -> None:
    assert not Asked("/graphql", ("content-type", kind), method="POST").reached
    assert not Asked("/graphql", JSON, ("content-type", kind), method="POST").reached
    assert not Asked("/graphql", method="POST").reached


@pytest.mark.parametrize(
    "path", ["/report_asset_materialization/a", "/report_asset_check/a", "/Report_anything", "//report_x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_nobody_reports_into_the_lineage(path: str, method: str) -> None:
    asked = Asked(path, JSON, method=method)
    assert (asked.status, asked.reached) == (404, False)


@pytest.mark.parametrize("path", ["/", "/runs", "/graphql/", "//graphql", "/server_info"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_but_graphql_takes_anything(path: str, method: str) -> None:
    assert not Asked(path, JSON, method=method).reached


def test_a_refused_websocket_is_never_accepted() -> None:
    asked = Asked("/graphql", ("Origin", "http://evil.example"), method="WEBSOCKET")
    assert [message["type"] for message in asked.sent] == ["websocket.close"]
    assert not Asked("/elsewhere", method="WEBSOCKET").reached


def answers() -> Iterator[Asked]:
    yield Asked("/runs")
    yield Asked("/runs", host="evil.example")
    yield Asked("/runs", login=True)


def test_no_answer_is_shown_in_a_frame() -> None:
    for asked in answers():
        assert "frame-ancestors 'none'" in asked.values("content-security-policy")
        assert asked.values("x-frame-options") == ["DENY"]
    assert "default-src 'self'" in Asked("/runs").values("content-security-policy")


def test_the_token_opens_the_page_once_and_a_cookie_does_from_then_on() -> None:
    first = Asked(f"/runs/1?token={TOKEN}&logs=a%20b", login=True)
    assert (first.status, first.values("location")) == (303, ["/runs/1?logs=a+b"])
    (cookie,) = first.values("set-cookie")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    kept = ("Cookie", cookie.partition(";")[0])
    assert Asked("/runs/1", kept, login=True).reached
    assert Asked("/graphql", JSON, kept, method="POST", login=True).reached
    assert Asked("/graphql", kept, method="WEBSOCKET", login=True).reached
    assert not Asked("/graphql", JSON, kept, ("Origin", "http://evil.example"), method="POST", login=True).reached


def test_programs_bring_the_token_in_a_header() -> None:
    bearer = ("Authorization", f"Bearer {TOKEN}")
    assert Asked("/graphql", JSON, bearer, method="POST", login=True).reached
    assert Asked("/server_info", bearer, login=True).reached


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", "Bearer wrong"),
        ("Authorization", "Bearer "),
        ("Authorization", TOKEN),
        ("Authorization", f"Basic {TOKEN}"),
        ("Cookie", "shipline-3000=wrong"),
        ("Cookie", "shipline-3000="),
        ("Cookie", f"shipline-3001={TOKEN}"),
        ("X-Token", TOKEN),
    ],
)
def test_without_the_token_nothing_is_reached(header: tuple[str, str]) -> None:
    for path in ("/", "/runs", "/server_info", "/logs/a.out", "/static/a.js", f"/server_info?token={TOKEN}"):
        asked = Asked(path, header, login=True)
        assert (asked.status, asked.reached) == (401, False)
    assert not Asked("/graphql", JSON, header, method="POST", login=True).reached
    assert not Asked(f"/graphql?token={TOKEN}", header, method="WEBSOCKET", login=True).reached


def test_a_wrong_token_is_said_to_be_wrong() -> None:
    asked = Asked("/?token=guess", login=True)
    assert (asked.status, "not the right one" in asked.body) == (401, True)
    assert not asked.values("set-cookie")
    assert Asked(f"/?token=guess&token={TOKEN}", login=True).status == 401


def test_the_log_in_leads_to_no_other_host() -> None:
    for path in ("//evil.example", "/\\evil.example", "///evil.example/x"):
        (where,) = Asked(f"{path}?token={TOKEN}", login=True).values("location")
        assert where.startswith("/evil.example")


def test_who_follows_a_link_takes_one_step_more_to_bring_the_cookie() -> None:
    clicked = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    step = Asked('/runs/"><script>?logs=a', *clicked, login=True)
    assert (step.status, step.reached) == (200, False)
    assert 'url=/runs/%22%3E%3Cscript%3E?logs=a"' in step.body
    again = Asked("/runs/1", ("Sec-Fetch-Site", "same-origin"), *clicked[1:], login=True)
    assert again.status == 401  # and not the same step for ever


def test_an_empty_token_lets_nobody_in() -> None:
    with pytest.raises(ValueError, match="everybody"):
        Login("", "3000")
