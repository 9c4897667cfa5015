"""What must not run twice is stopped and started in place, behind the router, on a real server."""

import pytest
import yaml

from pipeline_defs.config.replacement import Replacement
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, images
from tests.support.routed_shop import Routed, web

pytestmark = pytest.mark.small_app

WORKER = {"image": "shop", "command": ["sleep", "600"], "healthcheck": {"disable": True}}


@pytest.mark.thorough
def test_what_must_not_run_twice_is_replaced_behind_the_router(
    routed: Routed, server: Connection, first: Release, second: Release
) -> None:
    services = {"web": Replacement(strategy="recreate"), "worker": Replacement(stop_grace=0)}
    place = routed.alone().changed(services=services, also=("worker",))
    file = place.source / "production.yml"
    web_alone = yaml.safe_load(file.read_text())["services"]["web"]
    only_one = {**web_alone, "container_name": "the-only-one"}  # the Engine itself keeps a second one from running
    file.write_text(yaml.safe_dump({"services": {"web": only_one, "worker": WORKER}}))
    assert deploy(place.task(first), server).error is None
    assert place.version == "1.0.0"
    assert deploy(place.task(second), server).error is None
    assert place.version == "1.1.0"
    assert web(server) == ["running"]
    assert images(server, "shop-production") == {second.reference}
    # It takes a moment to become healthy, in which the server cannot have come as far as to make the release the current one.
    with pytest.raises(Interrupted):
        deploy(place.task(first.model_copy(update={"version": "1.2.0"})), InterruptingServer(server, "healthy"))
    assert place.version == "1.1.0"
    assert rollback(place.task(None), server).error is None
    assert images(server, "shop-production") == {second.reference}
