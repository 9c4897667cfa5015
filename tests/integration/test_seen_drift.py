"""Drift on a real server: what is done by hand is seen by the sensor, shown in the lineage, and gone when it is put right."""

import dagster as dg

from pipeline_defs.drift import drift_check, drift_of
from pipeline_defs.history import Lineage
from pipeline_defs.ops.events import environment_key
from pipeline_defs.resources.connection import Connection
from pipeline_defs.sensors.drift import drift_sensor
from pipeline_defs.server.command import script
from tests.integration.shop_runs import ShopRuns
from tests.support import shop

PRODUCTION = environment_key("shop", "production")
STOP = "docker stop $(docker ps -q -f label=com.docker.compose.project=shop-production -f label=com.docker.compose.service=web)"


def look(runs: ShopRuns, cursor: str | None) -> tuple[dg.SensorResult, list[dg.AssetCheckEvaluation]]:
    """One tick of the sensor, whose events the daemon would store."""
    context = dg.build_sensor_context(instance=runs.instance, cursor=cursor)
    with shop.variables(shop.environment(runs.shop.bed)):
        result = drift_sensor(runs.app)(context)
    assert isinstance(result, dg.SensorResult)
    events = [event for event in result.asset_events or () if isinstance(event, dg.AssetCheckEvaluation)]
    for event in events:
        runs.instance.report_runless_asset_event(event)
    return result, events


def test_what_is_done_by_hand_is_seen_until_it_is_put_right(runs: ShopRuns, server: Connection) -> None:
    lineage = Lineage(runs.instance)
    for name in ("tests", "e2e", "migrations", "health"):  # what the run that deployed it has proved
        proved = runs.instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(PRODUCTION, name))
        assert proved and proved.evaluation and proved.evaluation.passed, name
    first, events = look(runs, None)
    assert [event.passed for event in events] == [True]
    again, events = look(runs, first.cursor)
    assert events == [], "nothing new is not written again"

    assert server.run(script(STOP), timeout=60).ok
    stopped, events = look(runs, again.cursor)
    assert [event.passed for event in events] == [False]
    found = lineage.drift(runs.app, "production")
    assert found and len(found.said) == 1 and found.said[0].endswith("runs no container of 1.0.0")

    put_right = runs.rollback(version="1.0.0")
    assert put_right.success, runs.said(put_right)
    _, events = look(runs, stopped.cursor)
    assert [event.passed for event in events] == [True]

    check = drift_check(runs.app, "production")
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(check))
    defs = dg.Definitions(
        assets=runs.defs.assets,
        asset_checks=[check],
        jobs=[job],
        resources=runs.defs.resources,
        executor=dg.in_process_executor,
    )
    with shop.variables(shop.environment(runs.shop.bed)):
        assert defs.resolve_job_def("look").execute_in_process(instance=runs.instance).success
    assert drift_of(runs.app, "production", lineage).said == ()
