"""Waiting for health on a real Engine: who may be used is found at once, and who never can be is given up with its own words."""

import re
from collections.abc import Iterator

import pytest

from pipeline_defs.config.route import Route
from pipeline_defs.config.testing import Health
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Result, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.health.container_health import answers, healthy
from tests.integration.containers import bare_place, start
from tests.support.shop import Shop

# Until a container has run for more than ten seconds; nothing where it has so already.
_GROWN = """
started=$(docker inspect -f '{{.State.StartedAt}}' shop-production-old)
until [ $(($(date +%s) - $(date -d "$started" +%s))) -gt 10 ]; do sleep 0.5; done
"""

THOROUGH = pytest.mark.thorough

SERVES = "sleep 0.5; exec caddy respond --listen :8000 fine"
CRASHES = "echo the moon; echo; printf 'is in \\033[31mthe | wrong\\033[0m\\n'; echo house; sleep 0.3; exit 3"
CRASHED = "n=$(cat /n || echo 0); echo $((n + 1)) >/n; [ $n -gt 1 ] || exit 1; exec sleep 600"
LOCAL = "sleep 0.5; exec caddy respond --listen 127.0.0.1:8000 fine"
UNANSWERED = "/ is not answered with success on port 8000"
NOTHING = "nothing in it listens on port 8000; see whether port names the right one"
ASKED = ("--health-cmd", "wget -q -O /dev/null http://127.0.0.1:8000/", "--health-retries", "5")
SOON, SELDOM = (*ASKED, "--health-interval", "0.3s"), (*ASKED, "--health-interval", "300s")


@pytest.fixture(scope="module")
def place(sample: Shop) -> Iterator[tuple[Connection, Site]]:
    """A server with a router, and a site on it that gives a service three seconds."""
    with bare_place(sample, health=Health(timeout=3)) as (server, site):
        start(server, CRASHED, service="old")
        yield server, site


REFUSES = SERVES.replace("respond", "respond --status 503")
FAILS, WELL = ("--health-cmd", "false"), ("--health-cmd", "true")


def waited(place: tuple[Connection, Site], program: str, *options: str, route: Route | None = None) -> Result:
    """Start a container of the service that runs this program, and wait for its health."""
    server, site = place
    start(server, program, *options)
    return server.run(answers(site, route) if route else healthy(site, "web"), timeout=30)


@pytest.mark.parametrize(
    ("program", "options", "route", "said"),
    [
        (SERVES, SOON, None, "web is healthy"),
        (SERVES, (), None, "web accepts connections on port 8000 (it has no health check)"),
        (
            SERVES.replace(":8000", ":9"),
            ("-p", "9009:9"),
            None,
            "web accepts connections on port 9 (it has no health check)",
        ),
        (SERVES, SOON, Route(), "web answers / and is healthy"),
        # the Engine's own next look is not waited for
        (SERVES, SELDOM, Route(), "web answers / and is healthy"),
        (SERVES, (), Route(health="/x", hosts=("shop.example.org",)), "web answers /x"),
    ],
)
def test_who_may_be_used(
    place: tuple[Connection, Site], program: str, options: tuple[str, ...], route: Route | None, said: str
) -> None:
    result = waited(place, program, *options, route=route)
    assert (result.status, result.stdout.strip()) == (0, said), result.stderr


@pytest.mark.parametrize(
    ("options", "route"),
    [
        ((), None),
        (SELDOM, Route()),
        pytest.param((), Route(), marks=THOROUGH),
        pytest.param(SELDOM, None, marks=THOROUGH),
    ],
)
def test_the_second_restart_is_one_too_many(
    place: tuple[Connection, Site], options: tuple[str, ...], route: Route | None
) -> None:
    result = waited(place, CRASHES, *options, route=route)
    assert not result.ok
    assert re.match(r"the service web crashes again and again \([2-4] restarts\); it said last: ", result.stderr)
    assert "is in the | wrong" in result.stderr and "house" in result.stderr and "\x1b" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "route", "why"),
    [
        (SOON, None, "is unhealthy"),
        (SELDOM, None, "did not become healthy within 3 s (running/starting)"),
        ((), Route(), f"did not become healthy within 3 s: {NOTHING}"),
        ((), None, f"did not become healthy within 3 s: {NOTHING}"),
        (SELDOM, Route(), f"did not become healthy within 3 s: {UNANSWERED} (running/starting)"),
    ],
)
def test_who_never_answers_is_given_up(
    place: tuple[Connection, Site], options: tuple[str, ...], route: Route | None, why: str
) -> None:
    result = waited(place, "echo waiting for the moon; sleep 60", *options, route=route)
    assert not result.ok and result.stderr.strip() == f"the service web {why}; it said last: waiting for the moon"


@pytest.mark.parametrize(
    ("program", "options", "why"),
    [
        (
            SERVES,
            (*FAILS, "--health-interval", "300s"),
            "it answers /, and its own health check fails (running/starting)",
        ),
        (REFUSES, (*WELL, "--health-interval", "0.3s"), f"{UNANSWERED} (running/healthy)"),
    ],
)
def test_behind_a_route_one_needs_both_its_own_health_check_and_an_answer(
    place: tuple[Connection, Site], program: str, options: tuple[str, ...], why: str
) -> None:
    result = waited(place, program, *options, route=Route())
    assert result.stderr.startswith(f"the service web did not become healthy within 3 s: {why}"), result.stdout


@pytest.mark.parametrize(
    ("options", "route"),
    [
        ((), Route()),
        (SOON, None),
        pytest.param((), None, marks=THOROUGH),
        pytest.param(SOON, Route(), marks=THOROUGH),
    ],
)
def test_who_listens_on_loopback_alone_is_given_up(
    place: tuple[Connection, Site], options: tuple[str, ...], route: Route | None
) -> None:
    result = waited(place, LOCAL, *options, route=route)
    assert result.stderr.startswith(
        "the service web listens on the container's own loopback alone (port 8000), where nobody reaches it; "
        "let it listen on 0.0.0.0"
    )


def test_a_service_of_which_nobody_says_that_it_listens_has_only_to_run(place: tuple[Connection, Site]) -> None:
    server, site = place
    start(server, "sleep 60")
    config = {name: value for name, value in site.config if name in site.config.model_fields_set - {"port", "e2e"}}
    silent = Site(site.app, site.environment, type(site.config).model_construct(**config))
    assert server.run(healthy(silent, "web"), timeout=30).stdout.strip() == "web runs (it has no health check)"


def test_crashes_of_long_ago_are_forgiven(place: tuple[Connection, Site]) -> None:
    server, site = place
    assert server.run(script(_GROWN), timeout=60).ok
    assert server.run(healthy(site, "old"), timeout=30).stdout.strip() == "old runs (it has no health check)"


def test_what_ended_is_told(place: tuple[Connection, Site]) -> None:
    result = waited(place, "echo over; exit 4", "--restart", "no", *SELDOM)
    assert result.stderr.strip() == "the service web stopped with exit status 4; it said last: over"


def test_a_service_that_is_not_there_is_told(place: tuple[Connection, Site]) -> None:
    server, site = place
    result = server.run(healthy(site, "worker"), timeout=30)
    assert result.stderr.strip() == "the service worker did not become healthy within 3 s (gone)"


def test_a_container_that_runs_out_of_memory_says_so(place: tuple[Connection, Site]) -> None:
    limits = ("--restart", "no", "--memory", "20m", "--memory-swap", "20m")
    result = waited(place, "exec tail /dev/zero", *limits)
    assert not result.ok
    assert "the service web stopped with exit status 137 (it ran out of memory)" in result.stderr
