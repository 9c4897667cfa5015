"""The older container ends when its requests have: they end where they began, and are cut only after the drain time."""

import http.client
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from pipeline_defs.config.route import Route
from pipeline_defs.config.watch import OFF
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.routed_shop import Routed, web
from tests.support.shop import Shop

SLOW = (
    "shop/main.py",
    'app = FastAPI(title="Shop", version=settings.app_version)\n',
    """app = FastAPI(title="Shop", version=settings.app_version)


@app.get("/slow")
def slow(seconds: float) -> str:
    import time

    time.sleep(seconds)
    return settings.app_version


""",
)


KEEPS = ("Dockerfile", '"--timeout-graceful-shutdown"', '"--timeout-keep-alive", "60", "--timeout-graceful-shutdown"')
"""An app that closes no connection by itself."""


def asked(routed: Routed, seconds: float) -> Future[str]:
    """A request that takes so long, begun now; it gives the version that answered, or raises."""
    url = routed.url.replace("/health", f"/slow?seconds={seconds}")

    def ask() -> str:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return str(json.load(answer))

    pool = ThreadPoolExecutor(1)
    future = pool.submit(ask)
    pool.shutdown(wait=False)
    time.sleep(0.5)  # it is under way
    return future


@pytest.mark.thorough
def test_a_request_under_way_ends_where_it_began_and_is_cut_only_after_the_drain_time(
    routed: Routed, server: Connection, sample: Shop
) -> None:
    quick = routed.bare().changed(database=None, migrate=None, watch=OFF)
    slow = sample.release("2.0.0", SLOW)
    newer = sample.release("2.1.0", SLOW, ("shop/settings.py", "LIVE_ENVIRONMENT =", "# 2.1\nLIVE_ENVIRONMENT ="))
    assert deploy(quick.task(slow), server).error is None
    request = asked(quick, seconds=12)
    assert deploy(quick.task(newer), server).error is None
    assert request.result(60) == "2.0.0"
    assert quick.version == "2.1.0"

    hasty = quick.changed(route=replace_drain(quick, seconds=2))
    endless = asked(hasty, seconds=50)
    report = rollback(hasty.task(slow), server)
    assert report.error is None
    with pytest.raises((urllib.error.HTTPError, ConnectionError, http.client.HTTPException)):
        endless.result(60)
    assert (hasty.version, web(server)) == ("2.0.0", ["running"])


@pytest.mark.thorough
def test_a_connection_without_a_request_holds_nothing_up(routed: Routed, server: Connection, sample: Shop) -> None:
    quick = routed.bare().changed(database=None, migrate=None, watch=OFF)
    hasty = quick.changed(route=replace_drain(quick, seconds=15))
    keeps = sample.release("2.2.0", SLOW, KEEPS)
    assert deploy(hasty.task(keeps), server).error is None
    request = asked(
        hasty, seconds=8
    )  # busy at the switch, and then the router has its connection to the app for nothing
    assert deploy(hasty.task(sample.release("2.3.0", SLOW)), server).error is None
    assert request.result(60) == "2.2.0"
    assert [line for line in hasty.shop.said if "did not end within" in line] == []


def replace_drain(routed: Routed, seconds: int) -> Route:
    """The route with another drain time."""
    route = routed.site.config.route
    assert route is not None
    return route.model_copy(update={"drain_timeout": seconds})
