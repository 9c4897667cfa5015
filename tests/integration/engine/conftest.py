"""Fixtures of the tests of the Docker Engine: an app of one file, its image, and a workspace that is removed."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.config.build import Build
from pipeline_defs.resources.docker_engine import Engine
from tests.integration.engine.small_tests import (
    LABELS,
)
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.images import BASE


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A home's workspace of this test alone."""
    return tmp_path / "workspace"


@pytest.fixture
def docker_engine(testbed: TestBed, workspace: Path) -> Engine:
    """The Engine as the ops get it."""
    return Engine.find(workspace)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An app of one file on a base that is on every test machine."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {BASE.name}\nCOPY hello.txt /hello.txt\n")
    (folder / "hello.txt").write_text(f"hello {uuid.uuid4()}\n")
    return folder


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for an image of this test, which is removed afterwards."""
    name = f"shipline-test-{uuid.uuid4().hex[:12]}"
    yield name
    docker.docker("rmi", "--force", name, check=False)


@pytest.fixture
def image(docker_engine: Engine, checkout: Path, tag: str) -> str:
    """The app's image, built."""
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    return tag
