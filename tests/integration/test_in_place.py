"""What must not run twice is stopped and started in place, behind the router, on a real server."""

import pytest

from pipeline_defs.config.replacement import Replacement
from pipeline_defs.release.records import Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.rollback import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, images
from tests.support.routed_shop import Routed, web

pytestmark = pytest.mark.small_app

WEB = "    image: shop "
WORKER = """  worker:
    image: shop
    command: ["sleep", "600"]
    healthcheck: {disable: true}

  web:
"""


def test_what_must_not_run_twice_is_replaced_behind_the_router(
    routed: Routed, server: Connection, first: Release, second: Release
) -> None:
    services = {"web": Replacement(strategy="recreate"), "worker": Replacement(stop_grace=0)}
    shop = routed.shop.bare().changed("production", services=services, also=("worker",))
    place = Routed(shop, routed.source)
    file = place.source / "production.yml"
    text = file.read_text().replace(WEB, f"    container_name: the-only-one\n{WEB}").replace("  web:\n", WORKER)
    file.write_text(text)  # the Engine itself keeps a second container of that name from running
    assert deploy(place.task(first), server).error is None
    assert place.version == "1.0.0"
    assert deploy(place.task(second), server).error is None
    assert place.version == "1.1.0"
    assert web(server) == ["running"]
    assert images(server, "shop-production") == {second.reference, "postgres:15"}
    # It takes a moment to become healthy, in which the server cannot have come as far as to make the release the current one.
    with pytest.raises(Interrupted):
        deploy(place.task(first.model_copy(update={"version": "1.2.0"})), InterruptingServer(server, "healthy"))
    assert place.version == "1.1.0"
    assert rollback(place.task(None), server).error is None
    assert images(server, "shop-production") == {second.reference, "postgres:15"}
