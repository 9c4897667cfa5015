"""Ports that change hands between the app and the router: which steps there are, and how long the app is away."""

import pytest

from pipeline_defs.config.replacement import Replacement
from pipeline_defs.config.route import Route
from pipeline_defs.release.deployment_plan import HANDOVER_SECONDS, PlannedStep, downtime, expected
from pipeline_defs.server.core.command import Result
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.state.facts import Facts, read_facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.strategies import deploy_procedure, rollback_procedure, strategy
from tests.unit.sample import example, facts, release, task, with_environment

ROUTE = Route(health="/health")
BARE = {"database": None, "migrate": None, "revision": None, "downgrade": None, "test": None, "e2e": ()}
RUNS = {"current": release("1.4.1"), "folder": "/opt/shipline/shop/production/releases/1.4.1"}
BY_PORT = facts(**RUNS, published=frozenset({80, 5432}))
BY_ROUTE = facts(**RUNS, routed=True)
PORTS = ServiceChanges(app=("web",), ports=(("web", 80),))
AWAY = ServiceChanges(app=("web",))


def steps(found: list[Step]) -> str:
    return ", ".join(step.name for step in found)


def deployment(about: Facts, change: ServiceChanges, **keys: object) -> str:
    app = with_environment(example(), "production", **{**BARE, **keys})
    return steps(deploy_procedure.plan(task(app, "production"), about, change)).partition("pull, ")[2]


def going_back(about: Facts, change: ServiceChanges, **keys: object) -> str:
    app = with_environment(example(), "production", **{**BARE, **keys})
    return steps(rollback_procedure.plan(task(app, "production"), about, change)).partition("pull, ")[2]


def bringing_back(about: Facts, change: ServiceChanges, **keys: object) -> str:
    app = with_environment(example(), "production", **{**BARE, **keys})
    return steps(strategy.bring_back(task(app, "production"), about, change))


def test_the_port_changes_hands_once_the_new_container_was_asked_through_the_router() -> None:
    assert deployment(BY_PORT, AWAY, route=ROUTE) == (
        "leftovers, wait, beside, healthy, route, outside, handover, outside again, watch, switch, drain, tidy".replace(
            "wait, ", ""
        )
    )
    in_place = {"web": Replacement(strategy="recreate")}
    assert deployment(BY_PORT, AWAY, route=ROUTE, services=in_place) == (
        "start, healthy, route, outside, handover, outside again, watch, switch, tidy"
    )


def test_without_a_port_to_take_there_is_no_handover() -> None:
    for about in (facts(), facts(**RUNS, published=frozenset({5432})), BY_ROUTE):
        assert "handover" not in deployment(about, AWAY, route=ROUTE)
    assert "handover" not in deployment(BY_PORT, PORTS)


BACK = "leftovers, handover, beside, healthy, reached, switch, drain, route removed, tidy"


def test_the_way_to_ports_is_the_same_by_a_deployment_and_by_a_rollback() -> None:
    assert deployment(BY_ROUTE, PORTS) == BACK
    assert going_back(BY_ROUTE, PORTS) == going_back(BY_ROUTE, PORTS, route=ROUTE) == BACK


def test_what_runs_is_brought_back_as_it_was_reached() -> None:
    for keys in ({"route": ROUTE}, {}):
        assert bringing_back(facts(**RUNS, routed=True), PORTS, **keys) == "port freed, start, healthy"
    assert bringing_back(BY_PORT, PORTS) == "start, healthy"
    assert bringing_back(BY_ROUTE, AWAY) == "router, start, healthy"
    routed = bringing_back(facts(**RUNS, routed=True, published=frozenset({80})), AWAY, route=ROUTE)
    assert routed.startswith("port freed, router, beside")
    assert bringing_back(BY_ROUTE, AWAY, route=ROUTE).startswith("router, beside")


def planned(*given: tuple[str, float | None]) -> list[PlannedStep]:
    return [PlannedStep(step=name, does="", seconds=seconds) for name, seconds in given]


@pytest.mark.parametrize(
    ("given", "away"),
    [
        (planned(("beside", 1.0), ("healthy", 5.0), ("route", 0.1), ("handover", 3.0), ("switch", 1.0)), 3.0),
        (planned(("handover", 2.0), ("beside", 1.0), ("healthy", 5.0), ("switch", 1.0)), 8.0),
        (planned(("handover", 2.0), ("beside", None), ("healthy", 5.0)), None),
        (planned(("start", 1.0), ("healthy", 5.0), ("test", 9.0)), 6.0),
        (planned(("beside", 1.0), ("healthy", 5.0), ("route", 0.1)), 0.0),
    ],
)
def test_how_long_the_app_is_away(given: list[PlannedStep], away: float | None) -> None:
    assert downtime(given) == away


def test_the_seconds_of_a_first_handover_are_an_estimate() -> None:
    step = expected(PlannedStep(step="handover", does=""), "sha256:0", [], [])
    assert (step.seconds, step.learned_from) == (HANDOVER_SECONDS, "an estimate")


def test_which_ports_the_app_publishes_is_read_from_what_the_engine_says() -> None:
    said = "published 0.0.0.0:8080->8000/tcp, :::8080->8000/tcp,0.0.0.0:53->53/udp,127.0.0.1:90-91->1-2/tcp,443/tcp,\nrouted yes\n"
    found = read_facts(Site.of(example(), "production"), Result(0, said, "", 0.1))
    assert (found.published, found.routed) == ({8080, 90, 91}, True)
