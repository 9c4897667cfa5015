"""Fixtures of the integration tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import shop
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer


@pytest.fixture(scope="session")
def sample(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> shop.Shop:
    """The sample app on the session's bed."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return shop.Shop(testbed, shop.load(testbed), folder)


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """A GitHub of the test's own; what it answered has to be what GitHub's published description allows."""
    with GitHubServer() as server:
        yield server
    assert server.schema_errors == []
