"""Going back with the database, by real runs and on a real server: by the verdict, by a person's choice, and interrupted half-way."""

from dataclasses import replace

import pytest

from pipeline_defs.release.evidence import Verdict, WayBack
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, rows
from tests.integration.shop_runs import RENAMES, RENAMES_FOR_EVER, ShopRuns
from tests.support.shop import PRODUCTION_ONLY_BUG, Shop

REVISION = "select version_num from alembic_version"
COUNT = "select count(*) from products where sku like 'late-%'"


def sell(shop: Shop, server: Connection, column: str) -> None:
    """Something is written into production's database by the release that runs."""
    insert = f"insert into products (sku, name, price_cents, {column}) select 'late-' || n, n, n, n from generate_series(1, 7) n"
    rows(shop, server, insert)


@pytest.mark.thorough
def test_a_deployment_that_fails_after_its_migration_takes_it_back_where_the_rehearsal_did(
    runs: ShopRuns, server: Connection
) -> None:
    runs.release("1.1.0", *RENAMES, PRODUCTION_ONLY_BUG)
    assert runs.stage("1.1.0").success
    run = runs.deploy("1.1.0")
    assert not run.success
    said = runs.said(run)
    announced = said.index("the way back to 1.0.0: needs downgrade to 0003, because ")
    assert announced < said.index("files: done") < said.index("migrations are taken back to 0003")
    assert rows(runs.shop, server, REVISION) == "0003"
    assert runs.shop.health()["version"] == "1.0.0"
    back, failed = runs.rows("production")[:2]
    assert (back.kind, back.outcome, back.version, back.revision) == ("rollback", "succeeded", "1.0.0", "0003")
    assert (failed.outcome, failed.revision_before) == ("rolled back", "0003")
    assert failed.way_back and failed.way_back.verdict is Verdict.NEEDS_DOWNGRADE


@pytest.mark.thorough
def test_a_person_goes_back_by_the_verdict(runs: ShopRuns, server: Connection) -> None:
    runs.release("1.2.0", *RENAMES)
    assert runs.stage("1.2.0").success
    assert runs.deploy("1.2.0").success
    assert rows(runs.shop, server, REVISION) == "0004"
    sell(runs.shop, server, "in_stock")
    run = runs.rollback()
    assert run.success, runs.said(run)
    assert "migrations are taken back to 0003" in runs.said(run)
    assert rows(runs.shop, server, REVISION) == "0003"
    assert rows(runs.shop, server, COUNT) == "7"
    assert runs.shop.health()["version"] == "1.0.0"


@pytest.mark.thorough
def test_what_would_drop_data_is_done_only_when_a_person_says_so(runs: ShopRuns, server: Connection) -> None:
    runs.release("1.3.0", *RENAMES_FOR_EVER)
    assert runs.stage("1.3.0").success
    rows(runs.shop, server, "delete from products where sku like 'late-%'")
    assert runs.deploy("1.3.0").success
    sell(runs.shop, server, "in_stock")
    refused = runs.rollback()
    assert not refused.success
    said = runs.said(refused)
    assert "production of shop stays at 1.3.0: 1.0.0 does not work on the database as it is: " in said
    assert "--database restore brings back the backup from before 1.3.0 and drops 1 minute of data" in said
    assert runs.shop.health()["version"] == "1.3.0"
    run = runs.rollback(database="restore")
    assert run.success, runs.said(run)
    assert rows(runs.shop, server, REVISION) == "0003"
    assert rows(runs.shop, server, COUNT) == "0"
    assert runs.shop.health()["version"] == "1.0.0"


@pytest.mark.thorough
@pytest.mark.parametrize("tried", [True, False])
def test_a_deployment_that_is_interrupted_takes_its_migrations_back_where_the_rehearsal_did(
    live: Shop, server: Connection, first: Release, second: Release, tried: bool
) -> None:
    quick = live.bare()
    assert deploy(quick.task("production", first), server).error is None
    verdict = WayBack(
        verdict=Verdict.NEEDS_DOWNGRADE,
        version="1.0.0",
        digest=first.digest if tried else second.digest,
        revision="0002",
        reason="it crashed",
    )
    with pytest.raises(Interrupted):
        deploy(replace(quick.task("production", second), way_back=verdict), InterruptingServer(server, "healthy"))
    assert rows(live, server, REVISION) == ("0002" if tried else "0003")
    assert live.health()["version"] == "1.0.0"
    assert deploy(quick.task("production", second, run="run-2"), server).error is None


@pytest.mark.thorough
def test_a_downgrade_that_is_cut_off_is_made_good_by_whoever_comes_next(
    live: Shop, server: Connection, first: Release, second: Release
) -> None:
    quick = live.bare()
    assert deploy(quick.task("production", second), server).error is None
    task = replace(quick.task("production", first), downgrade_to="0002")
    with pytest.raises(Interrupted):
        rollback(task, InterruptingServer(server, "start"))
    assert rows(live, server, REVISION) == "0002"
    report = rollback(quick.task("production", None, run="run-2"), server)
    assert report.error is None and report.live and report.live.digest == second.digest
    assert rows(live, server, REVISION) == "0003"
    assert live.health()["version"] == "1.1.0"


@pytest.mark.thorough
def test_a_rollback_needs_no_registry_when_the_image_is_on_the_server(runs: ShopRuns, server: Connection) -> None:
    runs.release("1.9.0")
    assert runs.deploy("1.9.0").success
    registry = runs.shop.bed.registry
    registry.stop()
    try:
        run = runs.rollback()
        assert run.success, runs.said(run)
        assert "the image's platform is not checked" in runs.said(run)
    finally:
        registry.start()
    assert runs.shop.health()["version"] == "1.0.0"
    assert runs.rows("production")[0].version == "1.0.0"
