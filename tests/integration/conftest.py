"""Fixtures of the integration tests."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests import shop
from tests.integration.reported import REPOSITORY, Reported
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


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A storage of Dagster's, empty."""
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(
        str(tmp_path / "dagster"), overrides={"telemetry": {"enabled": False}}
    ) as instance:
        yield instance


@pytest.fixture
def head(github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository on the stand-in for GitHub, with an open pull request, number 1; its head."""
    github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
    github.set_permission(REPOSITORY, "shipline", "write")
    monkeypatch.setenv("SHIPLINE_TEST_TOKEN", github.create_token("shipline"))
    monkeypatch.setenv("SHIPLINE_URL", "https://shipline.example.org/")
    sha = github.commit(REPOSITORY, {"a.txt": "a"}, branch="fix")
    assert github.create_pull(REPOSITORY, "fix", by="dora") == 1
    return sha


@pytest.fixture
def reported(tmp_path: Path, instance: dg.DagsterInstance, github: GitHubServer, head: str) -> Reported:
    """An app on that repository whose runs are reported."""
    return Reported(tmp_path, instance, github)
