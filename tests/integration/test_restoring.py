"""Restoring the database of production on the way back, on a real server: cut off half-way, and from a damaged backup."""

from dataclasses import replace

import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import command, script
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, production, rows
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app
COUNT = "select count(*) from sales"
THOROUGH = pytest.mark.thorough
_CONTAINERS = command("docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}")


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("restore beside", marks=THOROUGH),
        "swap",
        pytest.param("healthy", marks=THOROUGH),
        pytest.param("switch", marks=THOROUGH),
    ],
)
def test_a_damaged_backup_is_refused_and_a_restore_that_is_cut_off_is_taken_back_by_whoever_comes_next(
    live: Shop, server: Connection, first: Release, second: Release, step: str
) -> None:
    quick = live.bare()
    rows(live, server, "drop table if exists sales; create table sales (n int)")
    deployed = deploy(quick.task("production", second), server)
    assert deployed.error is None and deployed.backup
    rows(live, server, "insert into sales select generate_series(1, 7)")
    backup = deployed.backup

    assert server.run(script('echo x >>"$1"', backup), timeout=30).ok
    started = server.run(_CONTAINERS, timeout=30).stdout
    refused = rollback(replace(quick.task("production", first), restore_from=backup), server)
    assert refused.error and refused.error.endswith(f"the backup {backup} is damaged")
    assert not refused.changed and server.run(_CONTAINERS, timeout=30).stdout == started
    assert server.run(script('truncate -s -2 "$1"', backup), timeout=30).ok

    with pytest.raises(Interrupted):
        rollback(replace(quick.task("production", first), restore_from=backup), InterruptingServer(server, step))
    found = gather_facts(production(live), server)
    switched = (
        bool(found.current) and found.current.digest == first.digest
    )  # the server may be further than what was heard of it
    # before the services are stopped nothing was changed, and what was begun is undone at once
    assert switched or (found.unfinished is None) == (step == "restore beside")
    report = rollback(quick.task("production", None, run="run-2"), server)
    assert report.error is None
    assert report.live and report.live.digest == (first if switched else second).digest
    assert live.health()["version"] == ("1.0.0" if switched else "1.1.0")
    assert rows(live, server, COUNT) == ("0" if switched else "7")
    assert gather_facts(production(live), server).unfinished is None
