"""What tests of procedures look at on the server, and a server that interrupts."""

import json
from typing import Any

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import command, script
from pipeline_defs.server.core.site import Site
from tests.support.moments import Moments
from tests.support.shop import Shop, deploy_bare

WIPE = """
docker ps -aq --filter label=com.docker.compose.project | xargs -r docker rm -fv
docker volume ls -q --filter label=com.docker.compose.project | xargs -r docker volume rm -f
docker network ls -q --filter label=com.docker.compose.project | xargs -r docker network rm
rm -rf /opt/shipline
"""
"""Removes all that any app has on the server."""


def production(shop: Shop) -> Site:
    return Site.of(shop.app, "production")


def deploy_anew(shop: Shop, release: Release, server: Connection) -> None:
    """Remove all that any app has on the server, and deploy a release to it, without its tests."""
    assert server.run(script(WIPE), timeout=120).ok
    deploy_bare(shop, release, server)


def images(server: Connection, project: str) -> set[str]:
    """The images of the project's running containers, as they were named at their start."""
    listed = server.run(
        script(
            "docker ps -q --filter label=com.docker.compose.project=$1 | xargs -r docker inspect -f '{{.Config.Image}}'",
            project,
        ),
        timeout=30,
    )
    return set(listed.stdout.split())


def rows(shop: Shop, server: Connection, sql: str, project: str = "shop-production") -> str:
    """What a query answers in the project's database."""
    text = 'docker exec $(docker ps -q -f label=com.docker.compose.project=$1 -f label=com.docker.compose.service=db) \
      psql -U shop -d shop -Atc "$2"'
    result = server.run(script(text, project, sql), timeout=30)
    assert result.ok, result.stderr
    return result.stdout.strip()


def journal(server: Connection, site: Site, task_id: str) -> list[dict[str, Any]]:
    """The journal's entries."""
    result = server.run(command("cat", site.path("journal", f"{task_id}.jsonl")), timeout=30)
    return [json.loads(line) for line in result.stdout.splitlines()]


def done(server: Connection, site: Site, task_id: str) -> list[str]:
    """The steps that ended well, in order."""
    return [entry["step"] for entry in journal(server, site, task_id) if entry["state"] == "done"]


class Interrupted(BaseException):
    """Stands for a cancelled run: not an Exception, like Dagster's own."""


class InterruptingServer(Moments):
    """The real server until a step begins whose name is given; then the run is interrupted."""

    def __init__(self, server: Connection, step: str) -> None:
        super().__init__(server, self._at)
        self.step = step

    def _at(self, moment: str) -> None:
        if moment == f"begin {self.step}":
            self.step = "\0"
            raise Interrupted
