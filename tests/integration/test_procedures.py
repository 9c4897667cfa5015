"""Rehearse, deploy and rollback on a real server: its own Engine, PostgreSQL, Newman, over SSH."""

import json
from collections.abc import Iterator

import pytest

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import Command, Listener, Result, command, script
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.facts import learn
from pipeline_defs.server.lock import Owner, take
from pipeline_defs.server.rehearse import rehearse
from pipeline_defs.server.rollback import rollback
from pipeline_defs.server.site import Site
from tests.shop import DATABASE_PASSWORD, PRODUCTION_ONLY_BUG, Shop

LIVE = PRODUCTION_ONLY_BUG[1]

_WIPE = """
docker ps -aq --filter label=com.docker.compose.project | xargs -r docker rm -fv
docker volume ls -q --filter label=com.docker.compose.project | xargs -r docker volume rm -f
docker network ls -q --filter label=com.docker.compose.project | xargs -r docker network rm
rm -rf /opt/shipline
"""


@pytest.fixture
def shop(sample: Shop) -> Iterator[Shop]:
    """The sample app on a server that knows nothing of it yet."""
    sample.said.clear()
    sample.alive.clear()
    with sample.server() as server:
        assert server.run(script(_WIPE), timeout=120).ok
    yield sample


@pytest.fixture
def live(sample: Shop, first: Release) -> Iterator[Shop]:
    """The sample app with its first release in production: found so, or made so."""
    sample.said.clear()
    sample.alive.clear()
    with sample.server() as server:
        facts = learn(production(sample), server)
        if facts.running != first.reference or facts.current is None or facts.current.digest != first.digest:
            assert server.run(script(_WIPE), timeout=120).ok
            assert deploy(sample.task("production", first), server).error is None
    yield sample


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


def production(shop: Shop) -> Site:
    return Site.of(shop.app, "production")


def images(server: Connection, project: str) -> set[str]:
    """The images of the project's running containers, as they were named at their start."""
    listed = server.run(
        script(
            "docker ps -q --filter label=com.docker.compose.project=$1 | xargs -r docker inspect -f '{{.Config.Image}}'",
            project,
        ),
        timeout=30,
    )
    return set(listed.stdout.split())


def rows(shop: Shop, server: Connection, sql: str, project: str = "shop-production") -> str:
    """What a query answers in the project's database."""
    text = 'docker exec $(docker ps -q -f label=com.docker.compose.project=$1 -f label=com.docker.compose.service=db) \
      psql -U shop -d shop -Atc "$2"'
    result = server.run(script(text, project, sql), timeout=30)
    assert result.ok, result.stderr
    return result.stdout.strip()


def journal(server: Connection, site: Site, task_id: str) -> list[tuple[str, str]]:
    """The journal's (step, state) pairs."""
    result = server.run(command("cat", site.path("journal", f"{task_id}.jsonl")), timeout=30)
    return [(entry["step"], entry["state"]) for entry in map(json.loads, result.stdout.splitlines())]


def test_a_first_rehearsal_runs_on_an_empty_database_and_says_so(
    shop: Shop, server: Connection, first: Release
) -> None:
    task = shop.task("staging", first)
    report = rehearse(task, server, production(shop))
    assert report.error is None
    assert report.outcome is Outcome.SUCCEEDED
    assert report.tests and report.tests.passed and report.e2e and report.e2e.passed
    assert report.database_bytes is None
    log = server.run(command("cat", report.log or ""), timeout=30).stdout
    assert "the rehearsal runs on an empty database" in log
    assert report.log and report.log.endswith(f"logs/{task.timestamp}_staging.log")
    assert images(server, "shop-staging") == set()


def test_the_steps_of_a_rehearsal_are_journalled_in_their_order(live: Shop, server: Connection, first: Release) -> None:
    task = live.task("staging", first)
    assert rehearse(task, server, production(live)).error is None
    done = [step for step, state in journal(server, task.site, task.id) if state == "done"]
    expected = ["database status", "backup", "down", "files", "pull", "volume removed", "volume created", "database up"]
    expected += ["wait", "restore", "start", "healthy", "migrate", "revision", "test", "e2e", "stop", "tidy"]
    assert done == expected


def test_a_rehearsal_runs_on_a_copy_of_production_and_leaves_production_alone(
    live: Shop, server: Connection, first: Release, second: Release
) -> None:
    rows(
        live,
        server,
        "insert into products (sku, name, price_cents, stock) select 'p' || n, n, n, n from generate_series(1, 500) n "
        "on conflict do nothing",
    )
    before = server.run(script("docker ps --no-trunc --format '{{.ID}}' -f name=production | sort"), timeout=30).stdout
    kept = {
        **live.app.environments,
        "staging": live.app.environments["staging"].model_copy(update={"keep_running": True}),
    }
    keeping = Shop(live.bed, live.app.model_copy(update={"environments": kept}), live.folder)
    report = rehearse(keeping.task("staging", second), server, production(live))
    assert report.error is None
    assert report.database_bytes and report.database_bytes > 1000
    count = "select count(*) from products where sku like 'p%'"
    assert rows(live, server, count, "shop-staging") == rows(live, server, count) == "500"
    assert (
        server.run(script("docker ps --no-trunc --format '{{.ID}}' -f name=production | sort"), timeout=30).stdout
        == before
    )


def test_a_rehearsal_starts_the_production_database_that_stands_still(
    live: Shop, server: Connection, first: Release
) -> None:
    server.run(script("docker stop $(docker ps -q -f label=com.docker.compose.service=db)"), timeout=60)
    report = rehearse(live.task("staging", first), server, production(live))
    assert report.error is None
    assert any("is started" in line for line in live.said)


def test_a_deployment_is_backed_up_verified_and_pinned_by_digest(
    shop: Shop, server: Connection, first: Release, second: Release
) -> None:
    assert deploy(shop.task("production", first), server).error is None
    task = shop.task("production", second)
    report = deploy(task, server)
    assert report.error is None
    assert report.previous and report.previous.version == "1.0.0"
    assert report.live and report.live.version == "1.1.0"
    assert report.revision == "0003"
    assert report.tests and report.tests.passed and report.e2e and report.e2e.passed
    assert second.reference in images(server, "shop-production")
    assert shop.health()["version"] == "1.1.0"
    assert shop.health()["commit"] == second.commit
    assert report.backup
    check = 'cd "$(dirname "$1")" && sha256sum -c "$(basename "$1").sha256" && stat -c %a "$1"'
    checked = server.run(script(check, report.backup), timeout=30)
    assert checked.ok and checked.stdout.split()[-1] == "600"


def test_what_fails_only_in_production_is_rolled_back(
    live: Shop, server: Connection, first: Release, broken: Release
) -> None:
    failed = deploy(live.task("production", broken), server)
    assert failed.outcome is Outcome.FAILED and failed.changed
    assert failed.error and "step e2e" in failed.error and "payments are live" in failed.error
    report = rollback(live.task("production", None), server)
    assert report.error is None
    assert report.live and report.live.version == "1.0.0"
    assert live.health()["version"] == "1.0.0"
    assert images(server, "shop-production") == {first.reference, "postgres:15"}


def test_rolling_back_twice_is_harmless(live: Shop, server: Connection, first: Release) -> None:
    quick = live.bare()
    before = images(server, "shop-production")
    assert rollback(quick.task("production", None), server).error is None
    assert rollback(quick.task("production", None), server).error is None
    assert images(server, "shop-production") == before


def test_a_first_deployment_that_fails_leaves_nothing_running(shop: Shop, server: Connection, broken: Release) -> None:
    failed = deploy(shop.task("production", broken), server)
    assert failed.outcome is Outcome.FAILED
    report = rollback(shop.task("production", None), server)
    assert report.error is None and report.live is None
    assert not any(reference.startswith(shop.app.image) for reference in images(server, "shop-production"))


def test_a_rollback_to_a_named_release(live: Shop, server: Connection, first: Release, second: Release) -> None:
    assert deploy(live.task("production", second), server).error is None
    server.run(script('docker image rm -f "$1"', first.reference), timeout=60)  # pruned: it is pulled again
    report = rollback(live.task("production", first), server)
    assert report.error is None
    assert report.live and report.live.digest == first.digest
    assert live.health()["version"] == "1.0.0"
    assert learn(production(live), server).current == report.live


def test_an_older_version_does_not_overtake(shop: Shop, server: Connection, first: Release, second: Release) -> None:
    quick = shop.bare()
    assert deploy(quick.task("production", second), server).error is None
    report = deploy(quick.task("production", first), server)
    assert report.error and "older than 1.1.0" in report.error and not report.changed
    assert shop.health()["version"] == "1.1.0"


class Interrupted(BaseException):
    """Stands for a cancelled run: not an Exception, like Dagster's own."""


class InterruptingServer:
    """The real server until a step begins whose name is given; then the run is interrupted."""

    def __init__(self, server: Connection, step: str) -> None:
        self.server, self.step = server, step

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        if self.step in command.argv:
            self.step = "\0"
            raise Interrupted
        return self.server.run(command, timeout=timeout, listen=listen)


@pytest.mark.parametrize("step", ["start", "migrate", "switch"])
def test_an_interrupted_deployment_brings_the_release_before_back(
    live: Shop, server: Connection, first: Release, second: Release, step: str
) -> None:
    quick = live.bare()
    with pytest.raises(Interrupted):
        deploy(quick.task("production", second), InterruptingServer(server, step))
    assert live.health()["version"] == "1.0.0"
    assert deploy(quick.task("production", second, run="run-2"), server).error is None


def test_an_interrupted_rehearsal_leaves_no_container(shop: Shop, server: Connection, first: Release) -> None:
    quick = shop.bare()
    with pytest.raises(Interrupted):
        rehearse(quick.task("staging", first), InterruptingServer(server, "migrate"), production(shop))
    assert images(server, "shop-staging") == set()


def test_the_lock_of_an_ended_run_is_taken_over_and_that_of_a_live_one_is_not(
    shop: Shop, server: Connection, first: Release
) -> None:
    quick = shop.bare()
    site = production(shop)
    learn(site, server)
    owner = Owner(run="somebody", task="t", since="2026-01-01T00:00:00Z", actor="ada")
    assert server.run(take(site, owner), timeout=30).stdout.strip() == owner.line()
    assert deploy(quick.task("production", first), server).error is None
    assert any("taken over" in line for line in shop.said)
    server.run(take(site, owner), timeout=30)
    intruder = Owner(run="other", task="u", since="2026-01-01T00:00:01Z", actor="bob")
    assert server.run(take(site, intruder), timeout=30).stdout.strip() == owner.line()


def test_no_secret_is_on_the_server_but_in_a_private_file(shop: Shop, server: Connection, first: Release) -> None:
    quick = shop.bare()
    report = deploy(quick.task("production", first), server)
    assert report.error is None
    found = server.run(script('grep -rl "$1" /opt/shipline | xargs stat -c "%a %n"', DATABASE_PASSWORD), timeout=30)
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["600"]
    assert found.stdout.strip().endswith("shipline.settings")
    left = server.run(script("ls -a /root/.docker 2>/dev/null; ls -d /tmp/tmp.* 2>/dev/null; true"), timeout=30)
    assert left.stdout.strip() == ""


def test_a_container_that_never_becomes_healthy_is_refused_with_its_own_words(shop: Shop, server: Connection) -> None:
    crash = f'{LIVE}\nraise SystemExit("the moon is in the wrong house")'
    crashing = shop.release("1.3.0", ("shop/settings.py", LIVE, crash))
    report = deploy(shop.task("production", crashing), server)
    assert report.error and "step healthy: the service web" in report.error
    log = server.run(command("cat", report.log or ""), timeout=30).stdout
    assert "the moon is in the wrong house" in log
