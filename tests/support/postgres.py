"""A PostgreSQL of a test's own, in a container that is gone afterwards."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL
from tests.testbed.container import free_port, wait_until

_PASSWORD = "pa55word"


@dataclass(frozen=True)
class Postgres:
    """One that runs; its database and its user are named `shipline`."""

    container: str
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://shipline:{_PASSWORD}@127.0.0.1:{self.port}/shipline"

    def sql(self, statements: str) -> str:
        """What psql prints for these, values alone."""
        psql = ["psql", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--username", "shipline"]
        return docker.docker("exec", "--interactive", self.container, *psql, input=statements)

    def answers(self) -> bool:
        """True once it takes connections from outside."""
        return docker.succeeds("exec", self.container, "pg_isready", "--quiet", "--host", "127.0.0.1")


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """One in the block, on a port that stays the same when it is started again."""
    port = free_port()
    given = ["--env", "POSTGRES_USER=shipline", "--env", f"POSTGRES_PASSWORD={_PASSWORD}"]
    published = ["--publish", f"127.0.0.1:{port}:5432"]
    name = f"shipline-test-postgres-{os.getpid()}-{port}"
    running = Postgres(name, port)
    docker.docker("run", "--detach", "--name", name, "--label", CHECKOUT_LABEL, *given, *published, "postgres:15")
    try:
        wait_until(running.answers, "PostgreSQL did not answer", 60)
        yield running
    finally:
        docker.docker("rm", "--force", "--volumes", name, check=False)
