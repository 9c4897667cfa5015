"""Reachability: a release that nobody reaches is found out; an address that never answered here says nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipeline_defs.resources import url_probe
from pipeline_defs.resources.url_probe import Reach, probe
from pipeline_defs.server.strategies.reachability import read_answers, unreached

WEB, PROXY = ("web", "8000"), ("proxy", "80")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({}, {}, None),
        ({}, {WEB: "200"}, None),
        ({}, {WEB: "open"}, None),
        ({}, {WEB: "closed"}, "web publishes port 8000, and the server itself does not reach it there"),
        ({WEB: "closed"}, {WEB: "closed"}, None),
        ({WEB: "404"}, {WEB: "closed"}, "web publishes port 8000"),
        ({WEB: "200"}, {WEB: "silent"}, "web answered 200 on port 8000 before, and nobody answers there now"),
        ({WEB: "silent"}, {WEB: "silent"}, None),
        ({}, {PROXY: "closed"}, None),
        ({}, {PROXY: "502"}, "proxy answers 502 on port 80: it does not reach web"),
        ({PROXY: "200"}, {PROXY: "502"}, "proxy answers 502 on port 80, and answered 200 before"),
        ({PROXY: "502"}, {PROXY: "502"}, None),
        ({}, {PROXY: "503"}, None),
        ({}, {WEB: "503"}, None),
    ],
)
def test_what_answered_before_has_to_answer_again(
    before: dict[tuple[str, str], str], now: dict[tuple[str, str], str], said: str | None
) -> None:
    found = unreached("web", before, now)
    assert found is None if said is None else (found or "").startswith(said)


def test_lines_of_a_look() -> None:
    assert read_answers("web 8000 200\nproxy 80 closed\nsomething else\n\n") == {WEB: "200", PROXY: "closed"}


class Page:
    """A web server that answers with a status of ours."""

    def __init__(self) -> None:
        self.status = 200
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(page.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@contextmanager
def served() -> Iterator[Page]:
    page = Page()
    thread = threading.Thread(target=page.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        page.server.shutdown()
        page.server.server_close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setattr(url_probe, "_TRIES", 1)
    with served() as found:
        yield found


def test_an_address_that_answered_before_has_to_answer_again(page: Page) -> None:
    again = Reach(page.url, first=False, say=lambda line: None)
    assert again() is None
    page.status = 502
    assert (again() or "").startswith(f"{page.url} answered 200 before, and now: 502")
    page.status = 404
    assert again() is None, "whoever answers is reached"


def test_of_a_first_deployment_a_proxy_that_reaches_nothing_is_a_failure(page: Page) -> None:
    page.status = 502
    assert "does not reach it" in (Reach(page.url, first=True, say=lambda line: None)() or "")
    assert Reach(page.url, first=False, say=lambda line: None)() is None, "it did not answer before either"


def test_an_address_that_cannot_be_asked_from_here_is_told_and_fails_nothing() -> None:
    with served() as page:
        url = page.url
    said: list[str] = []
    assert Reach(url, first=True, say=said.append)() is None
    assert said and said[0].startswith(f"whether people reach {url} is not known from here")
    assert isinstance(probe("ftp://example.org"), str)
    assert isinstance(probe("http://[broken"), str)
