"""Containers as Compose would have made them, without a compose file: started in a moment, from the image of the router."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline_defs.config.route import Router
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router import router
from tests.integration.procedures import WIPE
from tests.support.routed_shop import remove_router
from tests.support.shop import Shop
from tests.testbed.images import CADDY

SERVES = "exec caddy respond --listen :8000 fine"
"""Answers every request with success."""

_SERVING = 'for name; do until docker logs "$name" 2>&1 | grep -q 8000; do sleep 0.1; done; done'
_START = """
docker network inspect bare >/dev/null 2>&1 || docker network create bare >/dev/null
project=$1 service=$2 program=$3; shift 3
docker rm -f "$project-$service" >/dev/null 2>&1 || true
docker run -d --name "$project-$service" --network bare --restart always --label bare --label "com.docker.compose.project=$project" \\
  --label "com.docker.compose.service=$service" --label com.docker.compose.oneoff=False "$@" --entrypoint sh caddy:2 -c "$program"
"""
_CLEAN = f"docker ps -aq --filter label=bare | xargs -r docker rm -f; docker network rm bare; {WIPE}"


def start(
    server: Connection, program: str, *options: str, service: str = "web", project: str = "shop-production"
) -> None:
    """Start a container of a service, instead of the one that is there, which runs this shell program."""
    assert server.run(script(_START, project, service, program, *options), timeout=60).ok


def serving(server: Connection, *names: str) -> None:
    """Wait until each of these containers has said at which port it listens."""
    assert server.run(script(_SERVING, *names), timeout=60).ok


@contextmanager
def bare_place(shop: Shop, **settings: object) -> Iterator[tuple[Connection, Site]]:
    """A server with a router, and production with these settings as a site on it."""
    shop.bed.servers[0].load(CADDY.name)
    host = shop.app.environments["production"].host.model_copy(update={"router": Router(http=8080, https=8443)})
    site = Site.of(shop.changed("production", hosts=(host,), **settings).app, "production")
    with shop.server() as server:
        assert server.run(script(WIPE), timeout=120).ok  # another test's app may have the port
        assert server.run(router.ready(site), timeout=60).ok
        yield server, site
        remove_router(server)
        server.run(script(_CLEAN), timeout=120)
