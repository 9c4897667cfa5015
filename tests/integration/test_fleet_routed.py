"""Several hosts that each have a route: people are answered by both all the time, whatever becomes of a deployment."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.deployments.maintenance import turn_off, turn_on
from pipeline_defs.lineage.store import Lineage
from tests.support import shop
from tests.support.fleet import DESCRIBED, Fleet
from tests.support.load import Load
from tests.testbed.bed import TestBed
from tests.testbed.images import CADDY
from tests.testbed.server import PRODUCTION, Server

_APP = (
    DESCRIBED
    + """\
    health: {{timeout: 6}}
    route: {{drain_timeout: 5}}
    watch: {{seconds: 0}}
"""
)

# A host says by a file for which version a container never answers there.
_COMPOSE = """\
services:
  web:
    image: pair
    command: [sh, -c, '[ -e "/data/sick-$$APP_VERSION" ] || exec caddy respond --listen :8000 "$$APP_VERSION"; exec sleep 600']
    stop_grace_period: 1s
    volumes: [/opt/pair-data:/data]
"""
_DOCKERFILE = f"FROM {CADDY.name}\nCOPY content.txt /\n"


@pytest.fixture
def fleet(testbed: TestBed, two_servers: tuple[Server, Server], tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(
        testbed, two_servers, tmp_path, image="pair-routed", described=_APP, compose=_COMPOSE, dockerfile=_DOCKERFILE
    )
    made.wipe()
    for server in made.servers:
        server.load(CADDY.name)
    with shop.variables(shop.environment(testbed)):
        yield made
    made.wipe()


def answered(fleet: Fleet) -> list[tuple[int, str]]:
    """Status and first words of each host's answer."""
    answers = []
    for server in fleet.servers:
        connection = http.client.HTTPConnection("127.0.0.1", server.ports[PRODUCTION], timeout=20)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answers.append((answer.status, answer.read().decode()[:15]))
        connection.close()
    return answers


@pytest.mark.thorough
def test_both_hosts_answer_all_the_time_and_are_closed_together(fleet: Fleet, instance: dg.DagsterInstance) -> None:
    old, new, sick = (fleet.release(version) for version in ("1.0.0", "1.1.0", "1.2.0"))
    assert fleet.deploy(old).error is None
    assert answered(fleet) == [(200, "1.0.0")] * 2
    with ExitStack() as loads:
        asked = [loads.enter_context(Load(f"http://127.0.0.1:{server.ports[PRODUCTION]}/")) for server in fleet.servers]
        assert fleet.deploy(new).error is None
        assert answered(fleet) == [(200, "1.1.0")] * 2
        fleet.servers[1].exec("touch", "/opt/pair-data/sick-1.2.0")
        error = fleet.deploy(sick).error
        assert error and "step healthy: the service web did not become healthy within 6 s" in error
        assert fleet.rollback().error is None
        assert answered(fleet) == [(200, "1.1.0")] * 2
    assert [load.failed for load in asked] == [[], []]
    assert all(len(load.good) > 50 for load in asked)

    lineage, said = Lineage(instance), list[str]()
    turn_on(fleet.app, "production", "Back at noon.", None, "ada", lineage, said.append)
    assert answered(fleet) == [(503, "<!doctype html>")] * 2
    turn_off(fleet.app, "production", "ada", lineage, said.append)
    assert answered(fleet) == [(200, "1.1.0")] * 2
