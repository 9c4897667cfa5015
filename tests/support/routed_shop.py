"""Routed: the sample app with a route in production, so that it is deployed new beside old."""

import json
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline_defs.config.route import Route
from pipeline_defs.config.watch import OFF
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from tests.support.shop import Shop
from tests.testbed.images import CADDY

_REMOVE = "docker rm -fv shipline-router; docker volume rm shipline-router"


@dataclass
class Routed:
    """The shop, and the folder of its files."""

    shop: Shop
    source: Path

    @property
    def site(self) -> Site:
        """Production."""
        return Site.of(self.shop.app, "production")

    def task(self, release: Release | None, run: str = "run-1") -> Task:
        """A task for production."""
        return self.shop.task("production", release, run=run, source=self.source)

    @property
    def url(self) -> str:
        """Where it answers through the router."""
        return f"{self.shop.app.environments['production'].url}/health"

    @property
    def version(self) -> str:
        """What the app answers there."""
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            return str(json.load(answer)["version"])

    def bare(self) -> "Routed":
        """Without tests and end-to-end tests: quick."""
        return Routed(self.shop.bare(), self.source)

    def alone(self) -> "Routed":
        """The web service alone, without tests and without its database: for what is about the route."""
        file = self.source / "production.yml"
        services = yaml.safe_load(file.read_text())["services"]
        services["web"].pop("depends_on")
        file.write_text(yaml.safe_dump({"services": {"web": services["web"]}}))
        return self.bare().changed(database=None, migrate=None, downgrade=None)

    def changed(self, **settings: object) -> "Routed":
        """With other settings in production."""
        return Routed(self.shop.changed("production", **settings), self.source)


def routed(shop: Shop, folder: Path) -> Routed:
    """The shop behind a router, which its server gets the image of; the app's files are copied into the folder."""
    shop.bed.servers[0].load(CADDY.name)
    source = folder / "shop"
    shutil.copytree(shop.source, source, ignore=shutil.ignore_patterns("__pycache__"))
    return behind_router(shop, source)


def behind_router(shop: Shop, source: Path) -> Routed:
    """The shop with a route, whose files are in a folder that `routed` has made."""
    route = Route(health="/health", drain_timeout=20)
    return Routed(shop.changed("production", route=route, watch=OFF, overrides=()), source)


def remove_router(server: Connection) -> None:
    """Remove the router and all that it knows."""
    server.run(script(_REMOVE), timeout=120)


def web(server: Connection) -> list[str]:
    """The states of all containers of the routed service."""
    text = "docker ps -a --filter label=com.docker.compose.project=shop-production --filter label=com.docker.compose.service=web"
    return server.run(script(text + " --format '{{.State}}'"), timeout=30).stdout.split()
