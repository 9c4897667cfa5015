"""Rehearsals of the sample app on a real server: its own migrations, and all of its data."""

from dataclasses import replace

import pytest

from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import command
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.integration.procedures import images, production, rows
from tests.integration.staging import left, state
from tests.support.shop import Shop

pytestmark = pytest.mark.thorough


def test_a_first_rehearsal_runs_on_an_empty_database_and_says_so(
    shop: Shop, server: Connection, first: Release
) -> None:
    task = shop.task("staging", first)
    report = rehearse(task, server, production(shop))
    assert report.error is None
    assert report.outcome is Outcome.SUCCEEDED
    assert report.tests and report.tests.passed and report.e2e and report.e2e.passed
    assert report.copied is None and report.way_back is None
    assert [migration.after for migration in report.migrations] == ["0001", "0002", "0003"]
    assert (report.revision_before, report.revision) == (None, "0003")
    log = server.run(command("cat", report.log or ""), timeout=30).stdout
    assert "the rehearsal runs on an empty database" in log
    assert report.log and report.log.endswith(f"logs/{task.timestamp}_staging.log")
    assert left(server) == ""


def test_a_rehearsal_copies_production_proves_the_copy_and_tries_the_way_back(
    live: Shop, server: Connection, first: Release, second: Release
) -> None:
    more = (
        "insert into products (sku, name, price_cents, stock) select 'p' || n, n, n, n from generate_series(1, 500) n"
    )
    rows(live, server, f"{more} on conflict do nothing")
    before = state(server)
    keeping = live.changed("staging", keep_running=True)
    task = replace(keeping.task("staging", second), files_at=lambda _: keeping.task("staging", first).files)
    report = rehearse(task, server, production(live))
    assert report.error is None
    assert report.copied and report.copied.dump_bytes and report.copied.bytes and report.copied.bytes > 1_000_000
    assert report.copied.tables == 4
    total = "select sum(n) from (select count(*) n from products union all select count(*) from customers " \
        "union all select count(*) from orders union all select count(*) from alembic_version) t"  # fmt: skip
    assert str(report.copied.rows) == rows(live, server, total)
    assert report.way_back and report.way_back.verdict is Verdict.COMPATIBLE and report.way_back.version == "1.0.0"
    assert state(server) == before
    # it stays for people to try: the release itself, on the copy
    assert images(server, "shop-staging") == {second.reference, "postgres:15"}
    assert live.health("staging")["version"] == "1.1.0"
    assert rows(live, server, "select count(*) from products where sku like 'p%'", "shop-staging") == "500"
