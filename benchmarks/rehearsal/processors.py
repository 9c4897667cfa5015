"""Processors: what is measured on two cores gets two, on a machine with more of them too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.testbed import docker
from tests.testbed.server import Server


@contextmanager
def on_two_cores(server: Server) -> Iterator[None]:
    """Inside the block this process, those it starts, and the server with all that runs on it share two cores."""
    mine = os.sched_getaffinity(0)
    two = sorted(mine)[:2]
    _confine(server, two)
    try:
        yield
    finally:
        _confine(server, sorted(mine))


def _confine(server: Server, cores: list[int]) -> None:
    docker.docker("update", "--cpuset-cpus", ",".join(map(str, cores)), server.name)
    os.sched_setaffinity(0, cores)
