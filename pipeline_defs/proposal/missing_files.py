"""Missing files: what a repository with a Dockerfile alone still needs, written for a person to look through."""

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline_defs.proposal.found_compose_file import read_compose
from pipeline_defs.proposal.repository_scan import Dockerfile, Repository

COMPOSE_FILE = "production.yml"
PORT = 8000
PUBLISHED = 8080
"""The port of the server on which production is reached, until somebody names another one."""

_WEB = """\
services:
  web:
    image: {name}                      # Shipline puts in the image that it has built
    restart: unless-stopped
    ports: ["${{PUBLISHED_PORT:-{published}}}:{port}"]
"""
_WITH_DATABASE = """\
    environment:
      DATABASE_URL: postgresql://app:${{DB_PASSWORD:?}}@db/app
    depends_on: {{db: {{condition: service_healthy}}}}
  db:
    image: postgres:16
    environment: {{POSTGRES_USER: app, POSTGRES_DB: app, POSTGRES_PASSWORD: "${{DB_PASSWORD:?}}"}}
    volumes: ["db-data:/var/lib/postgresql/data"]
    healthcheck: {{test: pg_isready -U app, interval: 2s}}
volumes:
  db-data:
"""


def missing_files(repository: Repository, dockerfile: Dockerfile, name: str) -> dict[str, str]:
    """The text of the compose file that is missing, by its path in the repository.

    With Alembic's settings in the repository the compose file has a PostgreSQL too. One compose file is for all environments.
    """
    text = _WEB + (_WITH_DATABASE if repository.alembic else "")
    return {COMPOSE_FILE: text.format(name=name, port=dockerfile.port or PORT, published=PUBLISHED)}


def with_missing(repository: Repository, files: dict[str, str]) -> Repository:
    """The repository as it is once these files are in it."""
    with tempfile.TemporaryDirectory(prefix="shipline-init-") as folder:
        (Path(folder) / COMPOSE_FILE).write_text(files[COMPOSE_FILE])
        compose = read_compose(Path(folder), COMPOSE_FILE)
    return replace(repository, compose={**repository.compose, "production": compose})
