"""Ground: what the parts stand on: a server with the sample app in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.site import Site
from tests.integration.procedures import deploy_anew
from tests.support.bad_releases import fill
from tests.support.shop import Shop


@dataclass(frozen=True)
class Ground:
    """The sample app, and the way to its server."""

    shop: Shop
    server: Connection

    @property
    def production(self) -> Site:
        """What is rehearsed."""
        return Site.of(self.shop.app, "production")


@contextmanager
def ground(shop: Shop) -> Iterator[Ground]:
    """A server on which nothing is but production's first release, with a few hundred rows."""
    with shop.server() as server:
        made = Ground(shop, server)
        deploy_anew(shop, shop.release("1.0.0"), server)
        fill(made.production, server)
        yield made
