"""A release that serves is watched on a real server, by the router's own log, and goes back by itself when it does not hold."""

import json
import re
from collections.abc import Iterator

import pytest

from pipeline_defs.config.route import Route
from pipeline_defs.config.watch import Watch
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Result, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router import router
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.release_watch import watch
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.containers import SERVES, bare_place, serving, start
from tests.support.load import Load
from tests.support.routed_shop import Routed, web
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app

HOST, OTHER = "shop.example.org", "blog.example.org"
BUSY = "echo port 8000, and the moon is late"
FAILS = "exec caddy respond --listen :8000 --status 500 sorry"
RELEASE = Release(app="shop", version="1.0.0", repository="shop", digest="sha256:ab", commit="c", configuration="f" * 6)

# Asks the router for both apps for as long as it is watched, from inside.
_ASK = """
docker exec -d shipline-router timeout 20 sh -c 'while :; do for host; do
  wget -q -O /dev/null --header "Host: $host" http://127.0.0.1/; done; sleep 0.05; done' ask "$@"
"""

# Health is fine, and all else fails.
SERVER = "printf ':8000\\nrespond /health fine\\nrespond 500\\n' | exec caddy run --adapter caddyfile --config -"


@pytest.fixture
def place(sample: Shop) -> Iterator[tuple[Connection, Site]]:
    """A server with a router, and a site on it with a route that is watched for four seconds."""
    with bare_place(sample, route=Route(hosts=(HOST,)), watch=Watch(seconds=4, errors=0.4)) as found:
        yield found


def watched(place: tuple[Connection, Site], program: str, *hosts: str) -> Result:
    """Watch a release that runs this program, while these hosts are asked for, of which another app's always fails."""
    server, site = place
    blog = Site("blog", "production", site.config.model_copy(update={"route": Route(hosts=(OTHER,))}))
    start(server, FAILS, project="blog-production")
    start(server, program, "--label", f"shipline.release={RELEASE.name}")
    serving(server, "blog-production-web", "shop-production-web")
    for each in (site, blog):
        assert each.config.route and server.run(router.point(each, each.config.route), timeout=30).ok
    if program == SERVES:  # a router that was started only now may look for the container's name for some seconds
        assert site.config.route and server.run(router.probe(site.config.route), timeout=60).ok
    assert server.run(script(_ASK, *hosts), timeout=30).ok
    (step,) = watch(site, RELEASE)
    return server.run(step.command, timeout=30)


def test_only_its_own_failed_requests_count(place: tuple[Connection, Site]) -> None:
    fine = watched(place, SERVES, HOST, OTHER)
    assert fine.ok and "nothing was restarted, 0 of" in fine.stdout and "0 of 0" not in fine.stdout, fine
    failed = watched(place, FAILS, HOST)
    assert not failed.ok and "requests failed, a larger share than 0.4" in failed.stderr
    server, _ = place
    kept = server.run(script("docker exec shipline-router cat /router/requests/shop-production.log"), timeout=30).stdout
    assert '"status":500' in kept and HOST not in kept and "Wget" not in kept  # nothing about who asked, and for what


def test_what_is_restarted_did_not_hold(place: tuple[Connection, Site]) -> None:
    result = watched(place, f"{BUSY}; sleep 1; exit 1", HOST)
    assert result.stderr.startswith("the service web did not hold while it was watched: it stopped, was restarted or")
    assert "it said last: port 8000, and the moon is late" in result.stderr


def test_a_release_that_does_not_hold_goes_back_by_itself(routed: Routed, server: Connection, first: Release) -> None:
    shop = routed.shop.bare().changed("production", watch=Watch(seconds=20))
    quick = Routed(shop, routed.source)
    assert deploy(Routed(routed.shop.bare(), routed.source).task(first), server).error is None
    file = quick.source / "production.yml"
    command = f"    command: {json.dumps(['sh', '-c', SERVER])}\n"
    good = file.read_text()
    file.write_text(good.replace("    image: shop ", f"{command}    image: shop ", 1))
    bad = first.model_copy(update={"version": "1.1.0"})
    with Load(quick.url.replace("/health", "/products")):
        report = deploy(quick.task(bad), server)
    assert report.outcome is Outcome.FAILED and report.changed
    assert report.error and re.search(r"step watch: .* requests failed, a larger share than 0\.05", report.error)
    assert quick.version == "1.0.0"
    assert rollback(quick.task(None), server).error is None
    assert web(server) == ["running"]
