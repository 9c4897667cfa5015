"""The sample app behind the router."""

import json
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config.route import Route, Router
from pipeline_defs.config.watch import OFF
from pipeline_defs.release.records import Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import script
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task
from tests.integration.procedures import WIPE
from tests.shop import SOURCE, Shop
from tests.testbed.images import CADDY

UNROUTED = f"docker rm -fv shipline-router; docker volume rm shipline-router; {WIPE}"
"""Removes the router and all that any app has on the server."""

PORTS = '    ports:\n      - "${SHOP_PORT:-8080}:8000"\n'


@dataclass
class Routed:
    """The sample app with a route in production."""

    shop: Shop
    source: Path

    @property
    def site(self) -> Site:
        return Site.of(self.shop.app, "production")

    def task(self, release: Release | None, run: str = "run-1") -> Task:
        return self.shop.task("production", release, run=run, source=self.source)

    @property
    def url(self) -> str:
        return f"{self.shop.app.environments['production'].url}/health"

    @property
    def version(self) -> str:
        """What the app answers through the router."""
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            return str(json.load(answer)["version"])

    def bare(self) -> "Routed":
        """Without tests and end-to-end tests: quick."""
        return Routed(self.shop.bare(), self.source)


def with_route(shop: Shop, folder: Path) -> Routed:
    """The app with a route on a server that gets the router's image; its files, in `folder`, publish no port."""
    shop.bed.servers[0].load(CADDY.name)
    source = folder / "shop"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    text = (source / "production.yml").read_text()
    assert PORTS in text
    (source / "production.yml").write_text(text.replace(PORTS, ""))
    host = shop.app.environments["production"].host.model_copy(update={"router": Router(http=8080, https=8443)})
    return Routed(
        shop.changed("production", route=Route(health="/health", drain_timeout=20), watch=OFF, hosts=(host,)), source
    )


def web(server: Connection) -> list[str]:
    """The states of all containers of the routed service."""
    text = "docker ps -a --filter label=com.docker.compose.project=shop-production --filter label=com.docker.compose.service=web"
    return server.run(script(text + " --format '{{.State}}'"), timeout=30).stdout.split()
