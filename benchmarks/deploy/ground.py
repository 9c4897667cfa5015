"""Ground: what the parts stand on: a server with the sample app behind a router, and two releases of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parts import Failed
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.integration.procedures import WIPE
from tests.support.quick_shop import quick
from tests.support.routed_shop import Routed, remove_router, routed
from tests.support.shop import Shop


@dataclass(frozen=True)
class Ground:
    """The sample app with every step there can be, each as quick as it can be; `first` runs."""

    app: Routed
    server: Connection
    first: Release
    second: Release


@contextmanager
def ground(shop: Shop, folder: Path) -> Iterator[Ground]:
    """A server on which nothing is but the first release in production. `folder` becomes the app's files."""
    app = routed(quick(shop, "production"), folder)
    first, second = shop.release("1.0.0"), shop.release("1.1.0")
    with shop.server() as server:
        remove_router(server)  # which holds the app's network
        assert server.run(script(WIPE), timeout=120).ok
        report = deploy(app.task(first), server)
        if report.error:
            raise Failed(report.error)
        try:
            yield Ground(app, server, first, second)
        finally:
            remove_router(server)
