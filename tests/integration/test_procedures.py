"""Deploy and rollback on a real server: its own Engine, PostgreSQL, Newman, over SSH."""

import pytest

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import command, script
from pipeline_defs.server.core.lock import Owner, take
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, images, production
from tests.support.shop import DATABASE_PASSWORD, Shop

pytestmark = pytest.mark.small_app
THOROUGH = pytest.mark.thorough


def test_a_release_is_deployed_backed_up_verified_and_gone_back_from(
    shop: Shop, server: Connection, first: Release, second: Release
) -> None:
    assert deploy(shop.task("production", first), server).error is None
    no_secret_is_there_but_in_a_private_file(server)
    report = deploy(shop.task("production", second), server)
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

    older = deploy(shop.task("production", first), server)
    assert older.error and "older than 1.1.0" in older.error and not older.changed
    assert shop.health()["version"] == "1.1.0"

    server.run(script('docker image rm -f "$1"', first.reference), timeout=60)  # pruned: it is pulled again
    back = rollback(shop.task("production", first), server)
    assert back.error is None
    assert back.live and back.live.digest == first.digest
    assert shop.health()["version"] == "1.0.0"
    assert gather_facts(production(shop), server).current == back.live

    before = images(server, "shop-production")
    for _ in range(2):
        assert rollback(shop.bare().task("production", None), server).error is None
        assert images(server, "shop-production") == before


def no_secret_is_there_but_in_a_private_file(server: Connection) -> None:
    found = server.run(script('grep -rl "$1" /opt/shipline | xargs stat -c "%a %n"', DATABASE_PASSWORD), timeout=30)
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["600"]
    assert found.stdout.strip().endswith("shipline.settings")
    left = server.run(
        script(
            "grep -l auth /root/.docker/config.json 2>/dev/null; ls -d /tmp/tmp.* /opt/shipline/shop/production/tmp 2>/dev/null; true"
        ),
        timeout=30,
    )
    assert left.stdout.strip() == ""


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


@pytest.mark.parametrize(
    "step", [pytest.param("start", marks=THOROUGH), "migrate", pytest.param("switch", marks=THOROUGH)]
)
def test_an_interrupted_deployment_brings_the_release_before_back(
    live: Shop, server: Connection, first: Release, second: Release, step: str
) -> None:
    quick = live.bare()
    with pytest.raises(Interrupted):
        deploy(quick.task("production", second), InterruptingServer(server, step))
    current = gather_facts(production(live), server).current
    assert current and live.health()["version"] == current.version
    assert current.version in (
        {"1.0.0", "1.1.0"} if step == "switch" else {"1.0.0"}
    )  # it may have been made before it was stopped
    assert deploy(quick.task("production", current, run="run-2"), server).error is None


def test_the_lock_of_an_ended_run_is_taken_over_and_that_of_a_live_one_is_not(
    live: Shop, server: Connection, first: Release
) -> None:
    site = production(live)
    owner = Owner(run="somebody", task="t", since="2026-01-01T00:00:00Z", actor="ada")
    assert server.run(take(site, owner), timeout=30).ok
    assert rollback(live.bare().task("production", None), server).error is None
    assert any("taken over" in line for line in live.said)
    server.run(take(site, owner), timeout=30)
    intruder = Owner(run="other", task="u", since="2026-01-01T00:00:01Z", actor="bob")
    assert server.run(take(site, intruder), timeout=30).stdout.splitlines()[1] == owner.line()


def test_a_first_release_that_never_becomes_healthy_is_refused_with_its_own_words_and_leaves_nothing_running(
    shop: Shop, server: Connection
) -> None:
    crashing = shop.release("1.3.0", files={"serve": "#!/bin/sh\necho the moon is in the wrong house\nexit 1\n"})
    failed = deploy(shop.task("production", crashing), server)
    assert failed.outcome is Outcome.FAILED
    assert failed.error and "step healthy: the service web" in failed.error
    log = server.run(command("cat", failed.log or ""), timeout=30).stdout
    assert "the moon is in the wrong house" in log
    report = rollback(shop.task("production", None), server)
    assert report.error is None and report.live is None
    assert not any(reference.startswith(shop.app.image) for reference in images(server, "shop-production"))
