"""Pushes by the Docker Engine of this machine to a real registry."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_login import Credentials
from tests.testbed import docker
from tests.testbed.bed import TestBed


def registry_of(testbed: TestBed, password: str | None = None) -> Registry:
    """A repository of its own in the bed's registry."""
    credentials = Credentials(testbed.registry.user, Secret(password or testbed.registry.password))
    return Registry(f"{testbed.registry.address}/test/{uuid.uuid4().hex[:12]}", credentials)


@pytest.fixture
def pushed() -> Iterator[list[str]]:
    """References whose local tags are removed afterwards."""
    references: list[str] = []
    yield references
    for reference in references:
        docker.docker("rmi", reference, check=False)


def test_a_push_gives_the_registrys_digest_and_leaves_no_password(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str], workspace: Path
) -> None:
    registry = registry_of(testbed)
    pushed.append(f"{registry.repository}:1.2.3_dev")
    lines: list[str] = []
    digest = docker_engine.push(image, registry, "1.2.3_dev", listen=lines.append)
    assert digest == registry.digest_of("1.2.3_dev")
    assert any(digest in line for line in lines)
    assert digest in docker.docker("inspect", "--format", "{{.RepoDigests}}", image)
    assert list((workspace / "logins").glob("[!.]*")) == []
    assert docker_engine.push(image, registry, "1.2.3_dev") == digest


def test_a_push_that_takes_too_long_is_stopped(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str]
) -> None:
    registry = registry_of(testbed)
    pushed.append(f"{registry.repository}:1.2.3")
    with pytest.raises(EngineError, match=r"the push did not end within 0.01 s \(push.timeout\) and was stopped"):
        docker_engine.push(image, registry, "1.2.3", timeout=0.01)


@pytest.mark.parametrize("password", ["wrong-password", "ü ' \" $(id)"])
def test_a_wrong_registry_password_is_one_sentence(
    docker_engine: Engine, testbed: TestBed, image: str, pushed: list[str], password: str
) -> None:
    registry = registry_of(testbed, password)
    pushed.append(f"{registry.repository}:1.2.3")
    with pytest.raises(EngineError) as caught:
        docker_engine.push(image, registry, "1.2.3")
    assert str(caught.value) == (
        f"the registry {registry.host} refused the login of {testbed.registry.user}; "
        "check registry.username and registry.password"
    )


def test_a_registry_that_does_not_answer_is_one_sentence(docker_engine: Engine, image: str, pushed: list[str]) -> None:
    pushed.append("127.0.0.1:1/test/shop:1.2.3")
    with pytest.raises(EngineError, match=r"127.0.0.1:1/test/shop:1.2.3 cannot be pushed: .*refused"):
        docker_engine.push(image, Registry("127.0.0.1:1/test/shop"), "1.2.3")
