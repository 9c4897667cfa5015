"""From published ports to a route, and back, on a real server: what is away for how long, and what runs after a failure."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from pipeline_defs.config.replacement import Replacement
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.faulty import EARLY, KILLED, LATE, Faulty, Killed
from tests.support.load import Load
from tests.support.routed_shop import Routed, web

pytestmark = pytest.mark.small_app

LONGEST = 25.0  # seconds without an answer, on a busy machine; the app's container and the router's take most of it
RUNS = """
docker ps --no-trunc --filter label=com.docker.compose.project=shop-production --format '{{.ID}} {{.Ports}}' | sort
"""
ROUTERS = "docker ps -a --filter name=shipline-router --format '{{.Names}} {{.State}} {{.Label \"shipline.router\"}}'"


@dataclass
class Ways:
    """The app in two ways: reached by a port that it publishes, and by a route on that same port."""

    ports: Routed
    route: Routed
    server: Connection

    @property
    def runs(self) -> list[str]:
        """The running containers of the app, with their ports."""
        return self.server.run(script(RUNS), timeout=60).stdout.splitlines()

    @property
    def routers(self) -> list[str]:
        """Names, states and ports of routers."""
        return self.server.run(script(ROUTERS), timeout=60).stdout.splitlines()

    @property
    def ports_of_old(self) -> Routed:
        """A release that publishes a port, in the environment that has a route now."""
        return Routed(self.route.shop, self.ports.source)


@pytest.fixture
def ways(routed: Routed, server: Connection, tmp_path: Path) -> Ways:
    """Both, on a server on which nothing runs."""
    route = routed.alone()
    source = tmp_path / "ports"
    shutil.copytree(route.source, source)
    described = yaml.safe_load((source / "production.yml").read_text())
    described["services"]["web"]["ports"] = ["8080:8000"]
    (source / "production.yml").write_text(yaml.safe_dump(described))
    return Ways(Routed(route.changed(route=None).shop, source), route, server)


@pytest.fixture
def releases(first: Release, second: Release, broken: Release) -> tuple[Release, ...]:
    """Three, each newer than the one before."""
    return first, second, broken


def test_to_a_route_and_back_each_in_one_step(
    ways: Ways, server: Connection, first: Release, second: Release, broken: Release
) -> None:
    assert deploy(ways.ports.task(first), server).error is None
    with Load(ways.route.url) as load:
        report = deploy(ways.route.task(second), server)
        assert report.error is None
        assert "handover" in [step.step for step in report.steps]
        assert (ways.route.version, web(server)) == ("1.1.0", ["running"])
        assert ways.routers == ["shipline-router running 8080 8443"]
    assert load.longest_gap < LONGEST
    # A further deployment has no such step.
    again = deploy(ways.route.task(broken), server)
    assert again.error is None and "handover" not in [step.step for step in again.steps]
    with Load(ways.route.url) as load:
        back = rollback(ways.ports_of_old.task(first), server)
        assert back.error is None
    assert (ways.ports.version, web(server), ways.routers) == ("1.0.0", ["running"], [])
    assert load.longest_gap < LONGEST
    # Forward once more, and then by a release that publishes a port again, the route being gone from the app's file.
    assert deploy(ways.route.task(second), server).error is None
    assert (ways.route.version, ways.routers) == ("1.1.0", ["shipline-router running 8080 8443"])
    assert deploy(ways.ports.task(broken), server).error is None
    assert (web(server), ways.routers) == (["running"], [])
    assert "0.0.0.0:8080->8000/tcp" in ways.runs[0]


@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("handover", LATE),
        pytest.param("outside again", KILLED, marks=pytest.mark.thorough),
        pytest.param("beside", LATE, marks=pytest.mark.thorough),
        pytest.param("healthy", EARLY, marks=pytest.mark.thorough),
        pytest.param("route", LATE, marks=pytest.mark.thorough),
        pytest.param("handover", EARLY, marks=pytest.mark.thorough),
        pytest.param("handover", KILLED, marks=pytest.mark.thorough),
        pytest.param("outside again", EARLY, marks=pytest.mark.thorough),
    ],
)
def test_what_fails_on_the_way_to_a_route_leaves_the_very_container_with_its_port(
    ways: Ways, server: Connection, first: Release, second: Release, step: str, how: str
) -> None:
    assert deploy(ways.ports.task(first), server).error is None
    before = ways.runs
    faulty = Faulty(server, step, how)
    if how == KILLED:
        with pytest.raises(Killed):
            deploy(ways.route.task(second, run="killed"), faulty)
    else:
        report = deploy(ways.route.task(second), faulty)
        assert report.outcome is Outcome.FAILED
        assert faulty.failed, report.error
    back = rollback(ways.route.task(None), server)
    assert (back.error, back.left) == (None, ())
    assert back.live and back.live.version == "1.0.0"
    assert (ways.runs, ways.ports.version, ways.routers) == (before, "1.0.0", [])


@pytest.mark.parametrize("has_route", [True, pytest.param(False, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("healthy", LATE),
        pytest.param("healthy", KILLED, marks=pytest.mark.thorough),
        pytest.param("handover", LATE, marks=pytest.mark.thorough),
        pytest.param("handover", KILLED, marks=pytest.mark.thorough),
        pytest.param("beside", LATE, marks=pytest.mark.thorough),
        pytest.param("beside", KILLED, marks=pytest.mark.thorough),
    ],
)
def test_what_fails_on_the_way_to_ports_leaves_the_very_container_behind_the_route(
    ways: Ways, server: Connection, releases: tuple[Release, ...], step: str, how: str, has_route: bool
) -> None:
    first, second, third = releases
    assert deploy(ways.route.task(second), server).error is None
    before = ways.runs
    faulty = Faulty(server, step, how)
    goal = ways.ports_of_old if has_route else ways.ports
    go, release = (rollback, first) if has_route else (deploy, third)
    if how == KILLED:
        with pytest.raises(Killed):
            go(goal.task(release, run="killed"), faulty)
    else:
        report = go(goal.task(release), faulty)
        assert report.outcome is Outcome.FAILED
        assert faulty.failed, report.error
    back = rollback(goal.task(None), server)
    assert (back.error, back.left) == (None, ())
    assert (ways.runs, ways.route.version) == (before, "1.1.0")
    assert ways.routers == ["shipline-router running 8080 8443"]


BLOG = "docker exec shipline-router sh -c 'echo blog.example.org >/router/hosts/blog-production'"


@pytest.mark.thorough
def test_the_router_keeps_its_ports_while_other_apps_are_reached_through_it(
    ways: Ways, server: Connection, releases: tuple[Release, ...]
) -> None:
    first, second, third = releases
    assert deploy(ways.route.task(second), server).error is None
    before = ways.runs
    assert server.run(script(BLOG), timeout=60).ok
    for report in (rollback(ways.ports_of_old.task(first), server), deploy(ways.ports.task(third), server)):
        assert report.error and "blog-production is reached through it" in report.error
        assert not report.changed
    assert (ways.runs, ways.routers) == (before, ["shipline-router running 8080 8443"])


@pytest.mark.thorough
def test_what_must_not_run_twice_goes_to_a_route_and_comes_back_from_a_failure(
    ways: Ways, server: Connection, first: Release, second: Release
) -> None:
    services = {"web": Replacement(strategy="recreate")}
    ways = Ways(ways.ports.changed(services=services), ways.route.changed(services=services), server)
    assert deploy(ways.ports.task(first), server).error is None
    report = deploy(ways.route.task(second), Faulty(server, "outside again", EARLY))
    assert report.outcome is Outcome.FAILED and report.changed
    back = rollback(ways.route.task(None), server)
    assert (back.error, back.left) == (None, ())
    assert (ways.ports.version, web(server), ways.routers) == ("1.0.0", ["running"], [])
    assert deploy(ways.route.task(second), server).error is None
    assert (ways.route.version, ways.routers) == ("1.1.0", ["shipline-router running 8080 8443"])
    assert rollback(ways.ports_of_old.task(first), server).error is None
    assert (ways.ports.version, web(server), ways.routers) == ("1.0.0", ["running"], [])
