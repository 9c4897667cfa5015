"""Staging: what tests of rehearsals look at on its server, and beside it in production."""

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script

_PRODUCTION = """
for id in $(docker ps -aq -f label=com.docker.compose.project=shop-production | sort); do
  docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.RestartCount}}' "$id"; done
docker volume inspect -f '{{.Name}} {{.CreatedAt}}' shop-production_db-data
"""
_LEFT = """
docker ps -aq -f label=com.docker.compose.project=shop-staging
docker volume ls -q -f label=com.docker.compose.project=shop-staging
docker network ls -q -f label=com.docker.compose.project=shop-staging
docker ps -aq -f label=shipline.project=shop-staging
"""


def state(server: Connection) -> str:
    """Production's containers and volume: any that were replaced or started anew show."""
    return server.run(script(_PRODUCTION), timeout=30).stdout


def left(server: Connection) -> str:
    """Whatever is left of staging on the Engine."""
    return server.run(script(_LEFT), timeout=30).stdout
