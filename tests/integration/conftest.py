"""Fixtures of the integration tests."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources import ssh_login
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.state.facts import gather_facts
from tests.integration.procedures import WIPE, production
from tests.integration.reported import REPOSITORY, Reported
from tests.integration.shop_runs import ShopRuns
from tests.integration.tiny import Tiny, shipped
from tests.support.menagerie import prepare
from tests.support.quick_shop import quickly_tested
from tests.support.routed_shop import Routed, remove_router
from tests.support.routed_shop import routed as make_routed
from tests.support.shop import PRODUCTION_ONLY_BUG, Edit, Shop, deploy_bare, load
from tests.support.small_shop import PRODUCTION_ONLY_BUG as SMALL_BUG
from tests.support.small_shop import small, write_source
from tests.support.storage import storage
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer
from tests.testbed.progress import Progress
from tests.testbed.server import Server

LIVE = PRODUCTION_ONLY_BUG[1]


@pytest.fixture(scope="session")
def sample(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The sample app on the session's bed."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return Shop(testbed, load(testbed), folder)


@pytest.fixture(scope="session")
def small_shop(sample: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The small shop on the session's bed."""
    return small(sample, write_source(tmp_path_factory.mktemp("small") / "source"))


@pytest.fixture(scope="module")
def app(request: pytest.FixtureRequest) -> Shop:
    """The sample app, or in files that are marked `small_app` the small shop."""
    name = "small_shop" if is_small(request) else "sample"
    shop: Shop = request.getfixturevalue(name)
    return shop


def is_small(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("small_app") is not None


@pytest.fixture
def shop(app: Shop) -> Iterator[Shop]:
    """The app on a server that knows nothing of it yet."""
    app.said.clear()
    app.alive.clear()
    with app.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
    yield app


@pytest.fixture
def live(app: Shop, first: Release) -> Iterator[Shop]:
    """The app with its first release in production: found so, or made so."""
    app.said.clear()
    app.alive.clear()
    with app.server() as server:
        facts = gather_facts(production(app), server)
        if facts.running != first.reference or facts.current is None or facts.current.digest != first.digest:
            assert server.run(script(WIPE), timeout=120).ok
            deploy_bare(app, first, server)
    yield app


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
def made() -> dict[tuple[bool, str], Release]:
    """The releases that were built in this session, by app and version."""
    return {}


def built(
    request: pytest.FixtureRequest, version: str, *edits: Edit, files: Mapping[str, str] | None = None
) -> Release:
    """A release of the file's app, built once in the session: with these edits of the sample app, or files of the small shop."""
    made, is_one = request.getfixturevalue("made"), is_small(request)
    if (is_one, version) not in made:
        app: Shop = request.getfixturevalue("app")
        made[is_one, version] = app.release(version, files=files) if is_one else app.release(version, *edits)
    return made[is_one, version]


@pytest.fixture(scope="module")
def first(request: pytest.FixtureRequest) -> Release:
    return built(request, "1.0.0")


@pytest.fixture(scope="module")
def second(request: pytest.FixtureRequest) -> Release:
    edit = ("shop/settings.py", LIVE, f"{LIVE}  # the second version")
    return built(request, "1.1.0", edit, files={"second": "the second version"})


@pytest.fixture(scope="module")
def broken(request: pytest.FixtureRequest) -> Release:
    """It passes all tests but the end-to-end test in production."""
    return built(request, "1.2.0", PRODUCTION_ONLY_BUG, files=SMALL_BUG)


@pytest.fixture(scope="session")
def menagerie(testbed: TestBed, progress: Progress, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The session's server has what the apps of the menagerie are made of; the digests of their image by version."""
    folder: Path = tmp_path_factory.mktemp("menagerie")
    return prepare(testbed, progress, folder)


@pytest.fixture(scope="session")
def two_servers(testbed: TestBed) -> Iterator[tuple[Server, Server]]:
    """The session's server, and a second one for the tests that need it."""
    with testbed.extra_server("second") as second:
        yield testbed.servers[0], second


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs up at once, as one that was shut out of does, is asked once more and no more."""
    monkeypatch.setattr(ssh_login, "PATIENCE", (0.2,))


@pytest.fixture(scope="module")
def runs(sample: Shop, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[ShopRuns]:
    """The sample app shipped by Dagster's runs: 1.0.0 runs in production.

    Its tests are quick ones. In files with REHEARSED 1.0.0 was rehearsed on nothing before.
    """
    folder: Path = tmp_path_factory.mktemp("runs")
    with sample.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
    with storage(folder / "dagster") as instance:
        made = ShopRuns(quickly_tested(sample), folder, instance)
        made.release("1.0.0")
        if hasattr(request.module, "REHEARSED"):
            staged = made.stage("1.0.0")
            assert staged.success, made.said(staged)
        deployed = made.deploy("1.0.0")
        assert deployed.success, made.said(deployed)
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
    with storage(tmp_path / "dagster") as instance:
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
