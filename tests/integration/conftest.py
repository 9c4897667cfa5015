"""Fixtures of the integration tests."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import script
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.facts import learn
from tests.integration.procedures import WIPE, production
from tests.integration.reported import REPOSITORY, Reported
from tests.integration.shop_runs import ShopRuns
from tests.integration.tiny import Tiny, shipped
from tests.support.routed_shop import Routed, remove_router
from tests.support.routed_shop import routed as make_routed
from tests.support.shop import PRODUCTION_ONLY_BUG, Shop, load
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer
from tests.testbed.server import Server

LIVE = PRODUCTION_ONLY_BUG[1]


@pytest.fixture(scope="session")
def sample(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The sample app on the session's bed."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return Shop(testbed, load(testbed), folder)


@pytest.fixture
def shop(sample: Shop) -> Iterator[Shop]:
    """The sample app on a server that knows nothing of it yet."""
    sample.said.clear()
    sample.alive.clear()
    with sample.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
    yield sample


@pytest.fixture
def live(sample: Shop, first: Release) -> Iterator[Shop]:
    """The sample app with its first release in production: found so, or made so."""
    sample.said.clear()
    sample.alive.clear()
    with sample.server() as server:
        facts = learn(production(sample), server)
        if facts.running != first.reference or facts.current is None or facts.current.digest != first.digest:
            assert server.run(script(WIPE), timeout=120).ok
            assert deploy(sample.task("production", first), server).error is None
    yield sample


@pytest.fixture
def routed(shop: Shop, server: Connection, tmp_path: Path) -> Iterator[Routed]:
    """The sample app with a route, on a server that knows nothing of it yet."""
    yield make_routed(shop, tmp_path)
    remove_router(server)
    server.run(script(WIPE), timeout=120)


@pytest.fixture
def server(sample: Shop) -> Iterator[Connection]:
    with sample.server() as connection:
        yield connection


@pytest.fixture(scope="session")
def first(sample: Shop) -> Release:
    return sample.release("1.0.0")


@pytest.fixture(scope="session")
def second(sample: Shop) -> Release:
    return sample.release("1.1.0", ("shop/settings.py", LIVE, f"{LIVE}  # the second version"))


@pytest.fixture(scope="session")
def broken(sample: Shop) -> Release:
    return sample.release("1.2.0", PRODUCTION_ONLY_BUG)


@pytest.fixture(scope="session")
def two_servers(testbed: TestBed) -> Iterator[tuple[Server, Server]]:
    """The session's server, and a second one for the tests that need it."""
    with testbed.extra_server("second") as second:
        yield testbed.servers[0], second


@pytest.fixture(scope="module")
def runs(sample: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopRuns]:
    """The sample app shipped by Dagster's runs: 1.0.0 was rehearsed on nothing, and runs in production."""
    folder: Path = tmp_path_factory.mktemp("runs")
    with sample.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
    (folder / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(
        str(folder / "dagster"), overrides={"telemetry": {"enabled": False}}
    ) as instance:
        made = ShopRuns(sample, folder, instance)
        made.release("1.0.0")
        for begun in (made.stage("1.0.0"), made.deploy("1.0.0")):
            assert begun.success, made.said(begun)
        yield made


@pytest.fixture
def tiny(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """An app whose image is one file, and that runs nowhere yet."""
    with shipped(testbed, tmp_path, monkeypatch) as made:
        yield made


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
