"""Deploy and rollback on a real server: its own Engine, PostgreSQL, Newman, over SSH."""

import pytest

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import command, script
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.facts import learn
from pipeline_defs.server.lock import Owner, take
from pipeline_defs.server.rollback import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, images, production
from tests.support.shop import DATABASE_PASSWORD, Shop

pytestmark = pytest.mark.small_app


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
    assert failed.live is None, "what runs is not said before it was brought back"
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


@pytest.mark.parametrize("step", [pytest.param("start", marks=pytest.mark.thorough), "migrate", "switch"])
def test_an_interrupted_deployment_brings_the_release_before_back(
    live: Shop, server: Connection, first: Release, second: Release, step: str
) -> None:
    quick = live.bare()
    with pytest.raises(Interrupted):
        deploy(quick.task("production", second), InterruptingServer(server, step))
    current = learn(production(live), server).current
    assert current and live.health()["version"] == current.version
    assert current.version in (
        {"1.0.0", "1.1.0"} if step == "switch" else {"1.0.0"}
    )  # it may have been made before it was stopped
    assert deploy(quick.task("production", second, run="run-2"), server).error is None


def test_the_lock_of_an_ended_run_is_taken_over_and_that_of_a_live_one_is_not(
    shop: Shop, server: Connection, first: Release
) -> None:
    quick = shop.bare()
    site = production(shop)
    learn(site, server)
    owner = Owner(run="somebody", task="t", since="2026-01-01T00:00:00Z", actor="ada")
    assert server.run(take(site, owner), timeout=30).ok
    assert deploy(quick.task("production", first), server).error is None
    assert any("taken over" in line for line in shop.said)
    server.run(take(site, owner), timeout=30)
    intruder = Owner(run="other", task="u", since="2026-01-01T00:00:01Z", actor="bob")
    assert server.run(take(site, intruder), timeout=30).stdout.splitlines()[1] == owner.line()


def test_no_secret_is_on_the_server_but_in_a_private_file(shop: Shop, server: Connection, first: Release) -> None:
    quick = shop.bare()
    report = deploy(quick.task("production", first), server)
    assert report.error is None
    found = server.run(script('grep -rl "$1" /opt/shipline | xargs stat -c "%a %n"', DATABASE_PASSWORD), timeout=30)
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["600"]
    assert found.stdout.strip().endswith("shipline.settings")
    left = server.run(
        script("ls -a /root/.docker 2>/dev/null; ls -d /tmp/tmp.* /opt/shipline/shop/production/tmp 2>/dev/null; true"),
        timeout=30,
    )
    assert left.stdout.strip() == ""


def test_a_container_that_never_becomes_healthy_is_refused_with_its_own_words(shop: Shop, server: Connection) -> None:
    crashing = shop.release("1.3.0", files={"serve": "#!/bin/sh\necho the moon is in the wrong house\nexit 1\n"})
    report = deploy(shop.task("production", crashing), server)
    assert report.error and "step healthy: the service web" in report.error
    log = server.run(command("cat", report.log or ""), timeout=30).stdout
    assert "the moon is in the wrong house" in log
