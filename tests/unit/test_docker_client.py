"""What is said where no docker client can be used. The client of Engine 29 is a script here: no package brings that Engine yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.resources.docker_client import EngineError, find_client

TOO_OLD = "Error response from daemon: client version 1.41 is too old. Minimum supported API version is 1.44"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only docker on the PATH; it builds, and the Engine refuses it."""
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = buildx ] && exit 0\necho "{TOO_OLD}" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr("pipeline_defs.resources.docker_client.clients", lambda: iter([str(program)]))
    find_client.cache_clear()
    yield program
    find_client.cache_clear()


def test_a_client_that_is_too_old_is_told_apart_from_an_engine_that_does_not_run(client: Path) -> None:
    with pytest.raises(EngineError) as caught:
        find_client()
    assert str(caught.value) == (
        f"{client} is too old for the Docker Engine that answers it ({TOO_OLD}); install a newer docker client here, or let "
        "the Engine accept it: DOCKER_MIN_API_VERSION=1.41 in the Engine's environment"
    )
