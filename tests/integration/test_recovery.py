"""Recovery under real runs and the real sensor: one more try at most, then a person is told; what serves is not given up for its tests."""

from pipeline_defs.config.testing import E2E
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.history import Row, trouble
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.recovered import deployed, follow
from tests.integration.tiny import PRODUCTION, Tiny
from tests.support.shop import Shop


def rows(tiny: Tiny) -> list[Row]:
    return Lineage(tiny.instance).environment(tiny.app, "production")


def said(tiny: Tiny) -> str | None:
    """What `shipline status` says of production."""
    return trouble(Lineage(tiny.instance).environment_status(tiny.app, "production").rows)


def test_what_serves_again_and_fails_its_own_tests_is_kept_and_told(tiny: Tiny) -> None:
    deployed(tiny, "1.0.0")
    tiny.broken = "1.1.0"
    tiny.way_back = Report(Outcome.SUCCEEDED, live=tiny.live, changed=True, unproved="e2e: 1 of 3 failed")
    run = deployed(tiny, "1.1.0")
    assert follow(tiny, run) == [], "the way back was tried once, within the run"
    back, failed = rows(tiny)[:2]
    assert (back.kind, back.version, back.live, back.unproved) == ("rollback", "1.0.0", True, "e2e: 1 of 3 failed")
    assert (failed.version, failed.outcome) == ("1.1.0", "rolled back")
    assert said(tiny) == "1.0.0 serves, and fails its own tests: e2e: 1 of 3 failed"


def test_a_hook_that_fails_once_a_release_serves_makes_the_run_red_and_starts_nothing(tiny: Tiny) -> None:
    tiny.failed_hooks = ("tiny production on root@a, step after deploy: nobody is there",)
    run = deployed(tiny, "1.0.0")
    found = tiny.instance.get_run_by_id(run)
    assert found is not None and not found.is_success
    assert follow(tiny, run) == []
    [row] = rows(tiny)
    assert (row.outcome, row.live, row.failed_hooks) == ("succeeded", True, tiny.failed_hooks)
    assert said(tiny) == f"1.0.0 serves, and a hook failed after that: {tiny.failed_hooks[0]}"
    assert tiny.used(run)["tiny_production"] == tiny.digest_of(run)
    tiny.failed_hooks = ()
    deployed(tiny, "1.1.0")
    assert said(tiny) is None


def test_an_environment_is_shown_as_materialized_after_a_deployment_that_was_refused(tiny: Tiny) -> None:
    first = deployed(tiny, "1.0.0")
    tiny.freeze("2000-01-01 .. 2999-12-31 Europe/London")
    refused = tiny.tried("deploy", tags={"actor": "anna@laptop"}, tiny_image={"commit": tiny.commit("1.1.0", "two")})
    assert not refused.success
    event = tiny.instance.get_latest_materialization_event(PRODUCTION)
    assert event is not None and event.run_id == refused.run_id, (
        "by this Dagster's page tells it from one that has failed"
    )
    made = event.asset_materialization
    assert made is not None and (made.description or "").startswith("1.0.0 serves on")
    assert (made.tags or {})["dagster/data_version"] == tiny.digest_of(first)
    assert [(row.version, row.outcome, row.live) for row in rows(tiny) if row.live] == [("1.0.0", "succeeded", True)]
    assert [row.run for row in Lineage(tiny.instance).deployments(tiny.app, "production")].count(first) == 1


def test_a_way_back_that_fails_is_tried_once_more_and_then_left_to_a_person(tiny: Tiny) -> None:
    deployed(tiny, "1.0.0")
    tiny.broken, tiny.way_back = "1.1.0", Report(Outcome.FAILED, changed=True, error="unhealthy")
    run = deployed(tiny, "1.1.0")
    assert len(follow(tiny, run)) == 1
    failed = next(row for row in rows(tiny) if row.kind == "deploy" and row.version == "1.1.0")
    assert (failed.outcome, failed.needs_person) == ("failed", True)
    assert (said(tiny) or "").startswith("needs a person: the rollback of 1.0.0 failed: unhealthy")
    tiny.way_back = None
    asked = {"kind": "rollback", "because_of": failed.id, "reason": "looked after"}
    assert tiny.tried("deploy", PRODUCTION, tiny_production=asked).success
    assert said(tiny) is None
    assert next(row for row in rows(tiny) if row.id == failed.id).outcome == "rolled back"


def test_a_recovery_that_serves_but_fails_its_tests_starts_nothing_more(tiny: Tiny) -> None:
    deployed(tiny, "1.0.0")
    first = tiny.live
    tiny.broken, tiny.way_back = "1.1.0", Report(Outcome.FAILED, changed=True, error="the server is lost")
    run = deployed(tiny, "1.1.0")
    tiny.way_back = Report(Outcome.SUCCEEDED, live=first, changed=True, unproved="e2e: 1 of 3 failed")
    assert len(follow(tiny, run)) == 1
    assert said(tiny) == "1.0.0 serves, and fails its own tests: e2e: 1 of 3 failed"


def test_on_a_server_what_ran_before_and_is_healthy_stays_although_its_tests_fail(
    live: Shop, server: Connection, second: Release
) -> None:
    """A test that was always wrong fails for the newer release and for the older one."""
    shop = live.bare().changed("production", e2e=(E2E(command=("false",), junit=None),))
    failed = deploy(shop.task("production", second), server)
    assert failed.error and "e2e" in failed.error and failed.changed
    back = rollback(shop.task("production", None, run="run-2"), server)
    assert back.outcome is Outcome.SUCCEEDED, back.error
    assert back.unproved and "e2e" in back.unproved
    assert back.live and back.live.version == "1.0.0"
    assert live.health()["version"] == "1.0.0"
