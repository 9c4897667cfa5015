"""PostgreSQL containers that a site's commands find, on this machine's Engine, without a server and a compose file."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline_defs.config import Database
from pipeline_defs.config.testing import Health
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command, Result
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.database.postgres import PostgresService
from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL
from tests.testbed.container import wait_until
from tests.unit.sample import example

_COMPOSE = "com.docker.compose"


@dataclass(frozen=True)
class Cluster:
    """A container of the service `db` of a site whose folder is on this machine."""

    site: Site
    database: PostgresService
    container: str

    def run(self, command: Command, *, timeout: float = 120) -> Result:
        """Execute a command of the driver, as the server would."""
        return LocalRunner().run(command, timeout=timeout)

    def done(self, command: Command, *, timeout: float = 120) -> str:
        """The same for one that has to succeed: what it said."""
        result = self.run(command, timeout=timeout)
        assert result.ok, result.tail()
        return result.stdout

    def sql(self, statements: str, *, name: str | None = None, user: str | None = None) -> str:
        """What psql prints for these, values alone."""
        config = self.database.config
        psql = ["psql", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        where = ["--username", user or config.user, "--dbname", name or config.name]
        return docker.docker("exec", "--interactive", self.container, *psql, *where, input=statements)

    def databases(self) -> set[str]:
        """The names of the cluster's databases, without PostgreSQL's own."""
        listed = self.sql("select datname from pg_database where not datistemplate", name="template1")
        return set(listed.split()) - {"postgres"}

    def as_user(self, user: str, *, name: str | None = None) -> "Cluster":
        """The same, where the client programs log in as somebody else, into another database."""
        given = {"user": user, "name": name or self.database.config.name}
        config = self.database.config.model_copy(update=given)
        site = replace(self.site, config=self.site.config.model_copy(update={"database": config}))
        return Cluster(site, PostgresService(site, config), self.container)


@contextlib.contextmanager
def cluster(
    folder: Path,
    environment: str = "production",
    *,
    options: tuple[str, ...] = (),
    user: str = "shop",
    name: str = "shop",
    seconds: int = 60,
    wait: bool = True,
) -> Iterator[Cluster]:
    """One in the block. `options` are further ones of `docker run`; `seconds` is how long readiness is waited for."""
    config = Database(service="db", name=name, user=user)
    changes = {"database": config, "directory": folder, "health": Health(timeout=seconds)}
    app = f"db{os.getpid()}x{secrets.token_hex(3)}"
    site = replace(Site.of(example(), environment), app=app)
    site = replace(site, config=site.config.model_copy(update=changes))
    labels = {"project": site.project, "service": "db", "oneoff": "False", "volume": "db-data"}
    given = [word for key, value in labels.items() for word in ("--label", f"{_COMPOSE}.{key}={value}")]
    variables = ["--env", f"POSTGRES_USER={user}", "--env", "POSTGRES_PASSWORD=pa55", "--env", f"POSTGRES_DB={name}"]
    docker.docker(
        "run",
        "--detach",
        "--name",
        site.project,
        "--label",
        CHECKOUT_LABEL,
        *given,
        *variables,
        "--tmpfs",
        "/var/lib/postgresql/data",
        *options,
        "postgres:15",
    )
    try:
        made = Cluster(site, PostgresService(site, config), site.project)
        if wait:
            ready = ("exec", site.project, "pg_isready", "--quiet", "--host", "127.0.0.1")
            wait_until(lambda: docker.succeeds(*ready), "PostgreSQL did not answer", 60)
        yield made
    finally:
        docker.docker("rm", "--force", "--volumes", site.project, check=False)
