"""A real browser, logged in at Shipline's page, visits a page of somebody else's, which tries what it can."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from docs.browser import Page, page_of
from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.runtime.web.host_names import LOOPBACK, Names
from pipeline_defs.runtime.web.request_guard import Guard
from pipeline_defs.runtime.web.web_login import Login
from tests.support.foreign_pages import (
    REBINDING,
    TOKEN,
    TRIES,
    Recorder,
    served,
    shipline,
    somebody_elses_page,
    tried,
)
from tests.testbed.browser import browser
from tests.testbed.waiting import holds_within

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser for which every name is this machine, so that names of others lead here as after DNS rebinding."""
    with page_of(browser(), tmp_path_factory.mktemp("browser"), REBINDING) as made:
        yield made


@pytest.fixture(scope="module")
def bait() -> Iterator[int]:
    """The port of somebody else's page."""
    with somebody_elses_page() as port:
        yield port


@pytest.mark.parametrize("login", [True, False], ids=["up", "service"])
@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", "localhost"])
def test_a_page_of_somebody_else_reaches_nothing(page: Page, bait: int, name: str, login: bool) -> None:
    with shipline(page, login=login) as (recorder, at):
        page.go(f"http://{name}:{bait}/")
        tried(page, at, *TRIES.values())
        assert recorder.reached == []


@pytest.mark.parametrize("login", [True, False], ids=["up", "service"])
def test_a_name_that_was_pointed_here_reaches_nothing(page: Page, login: bool) -> None:
    """After DNS rebinding the page of somebody else is of the same origin as what it asks."""
    with shipline(page, login=login) as (recorder, at):
        rebound = at.replace("127.0.0.1", "evil.example")
        page.go(f"{rebound}/")
        assert page.evaluate("location.origin") == rebound
        tried(page, rebound, *TRIES.values())
        assert recorder.reached == []


def test_without_the_guard_all_of_it_would_arrive(page: Page, bait: int) -> None:
    """The tries are real ones: each arrives at a server that asks nothing."""
    with shipline(page, login=False, guarded=False) as (recorder, at):
        for name, script in TRIES.items():
            page.go(f"http://evil.example:{bait}/")
            tried(page, at, script)
            assert recorder.reached, name
            recorder.reached.clear()


@pytest.mark.parametrize("login", [True, False], ids=["up", "service"])
def test_the_own_page_works(page: Page, login: bool) -> None:
    with shipline(page, login=login) as (recorder, at):
        tried(page, at, TRIES["post of json"])
        tried(page, at, TRIES["websocket"])
        assert recorder.reached == ["POST /graphql", "WEBSOCKET /graphql"]


@pytest.mark.parametrize("login", [True, False], ids=["up", "service"])
def test_a_link_elsewhere_leads_to_the_page(page: Page, bait: int, login: bool) -> None:
    with shipline(page, login=login) as (recorder, at):
        page.go(f"http://evil.example:{bait}/")
        page.evaluate(f"location.href = {json.dumps(at + '/runs/1?logs=a')}")
        assert holds_within(10, lambda: _text(page) == "Deployments")
        assert page.evaluate("location.href") == f"{at}/runs/1?logs=a"
        assert "GET /runs/1" in recorder.reached


def test_another_user_of_the_machine_sees_only_the_question_for_the_token(page: Page) -> None:
    recorder, port = Recorder(), free_port()
    with served(Guard(recorder, Names.of(LOOPBACK), Login(TOKEN, str(port))), port):
        page.go(f"http://127.0.0.1:{port}/runs")
        assert "not logged in" in _text(page)
        assert recorder.reached == []
        page.evaluate(f"document.forms[0].token.value = {json.dumps(TOKEN)}; document.forms[0].submit()")
        assert holds_within(10, lambda: _text(page) == "Deployments")
        assert page.evaluate("location.search") == ""


def _text(page: Page) -> Any:
    """What is shown, also while the browser goes from one page to the next."""
    try:
        return page.evaluate("document.body ? document.body.innerText : ''")
    except RuntimeError:
        return ""
