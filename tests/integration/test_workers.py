"""Services without a route, such as workers: they follow the release that serves, and stay old when it does not come to serve."""

import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.routed_shop import Routed

pytestmark = pytest.mark.small_app

WORKER = """services:
  worker:
    image: shop
    command: ["sleep", "600"]
    healthcheck: {disable: true}
    stop_grace_period: 0s
"""
SICK = {
    "serve": "#!/bin/sh\necho GET /health 404 Not Found\nexec caddy respond --listen :8000 --status 404 2>/dev/null\n"
}
_WORKERS = """docker ps -a --format '{{.ID}} {{.Label "shipline.digest"}} {{.State}}' --filter label=com.docker.compose.service=worker"""


def workers(server: Connection) -> list[list[str]]:
    """Id, digest and state of every worker there is."""
    return [line.split() for line in server.run(script(_WORKERS), timeout=30).stdout.splitlines()]


@pytest.mark.thorough
def test_workers_follow_a_release_that_serves_and_none_is_started_of_one_that_does_not(
    routed: Routed, server: Connection, first: Release, second: Release
) -> None:
    place = routed.bare().changed(also=("worker",))
    file = place.source / "production.yml"
    file.write_text(file.read_text().replace("services:\n", WORKER, 1))
    assert deploy(place.task(first), server).error is None
    before = workers(server)
    assert [each[1:] for each in before] == [[first.digest, "running"]]

    failed = deploy(place.task(routed.shop.release("1.2.0", files=SICK), run="run-2"), server)
    assert failed.error and "step healthy: the service web is unhealthy" in failed.error
    assert "404 Not Found" in failed.error  # the container's own last line
    assert workers(server) == before
    assert rollback(place.task(None, run="run-3"), server).error is None
    assert (place.version, workers(server)) == ("1.0.0", before)

    assert deploy(place.task(second, run="run-4"), server).error is None
    assert [each[1:] for each in workers(server)] == [[second.digest, "running"]]
