"""The examples in docker/monitoring, by the real Prometheus, which asks a Shipline that runs."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_defs.config.home import PROJECT
from pipeline_defs.deployments.attempt import new_id
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.orchestration.drift_check import evaluation
from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Rehearsal, Release
from tests.integration.observed import Observed, observed, until
from tests.support.prometheus import MONITORING, Prometheus, prometheus, promtool
from tests.support.recorded import record

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]  # the first time the image is built

DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
RULES = yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"][0]["rules"]

RELEASE = Release(
    app="shop", version="1.0.0", repository="127.0.0.1:9/team/shop", digest="sha256:" + "a" * 64, commit="1" * 40
)


@pytest.fixture(scope="module")
def shipline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """A Shipline of which there is something to tell of each kind."""
    with observed(tmp_path_factory.mktemp("prometheus"), "exit 3") as running:
        write(running, Outcome.SUCCEEDED)
        rehearsal = Rehearsal(
            id=new_id(), release=RELEASE, environment="staging", outcome=Outcome.SUCCEEDED, started=now()
        )
        record(running.instance, rehearsal)
        key = environment_key("shop", "production")
        running.instance.report_runless_asset_event(evaluation(key, Drift(at=now(), said=("it runs something else",))))
        running.ends(running.merge())
        yield running


@pytest.fixture(scope="module")
def real(engine: None, shipline: Observed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("settings"), shipline.port) as running:
        yield running


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def write(running: Observed, outcome: Outcome) -> None:
    """The record of a deployment that ended so."""
    row = Deployment(
        id=new_id(), kind=DeploymentKind.DEPLOY, release=RELEASE, environment="production", outcome=outcome, started=now(),
        failed_after_change=outcome is Outcome.FAILED,
    )  # fmt: skip
    record(running.instance, row, materialized=True)


def names(expression: str) -> set[str]:
    """The metrics that an expression names."""
    return set(re.findall(r"shipline_\w+", expression))


def test_prometheus_finds_nothing_wrong_with_the_metrics(shipline: Observed) -> None:
    assert promtool("check", "metrics", said=shipline.get("/metrics").text) == ""


def test_prometheus_finds_nothing_wrong_with_the_rules() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "rules.yml")


@pytest.mark.parametrize("expression", QUERIES)
def test_a_panel_shows_something(real: Prometheus, expression: str) -> None:
    assert real.query(expression)


def test_nothing_is_named_that_is_not_told(shipline: Observed) -> None:
    told = {sample.name for family in shipline.families().values() for sample in family.samples}
    named = set[str]().union(*map(names, [*QUERIES, *(rule["expr"] for rule in RULES)]))
    assert named - told == set()


def test_everything_that_is_told_is_explained(shipline: Observed) -> None:
    page = (PROJECT / "docs" / "how-to" / "observe.md").read_text()
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in shipline.families().values()
    }
    assert {name for name in told if f"`{name}" not in page} == set()


def test_the_rules_are_evaluated(real: Prometheus) -> None:
    until(lambda: all(rule["health"] != "unknown" for rule in rules(real)))
    assert [(rule["name"], rule.get("lastError")) for rule in rules(real) if rule["health"] != "ok"] == []


def test_a_deployment_that_failed_is_an_alert(real: Prometheus, shipline: Observed) -> None:
    """The first one, too: that there was none before was told."""
    assert not real.query('ALERTS{alertname="ShiplineDeploymentFailed"}')
    write(shipline, Outcome.FAILED)
    until(
        lambda: real.query(
            'ALERTS{alertname="ShiplineDeploymentFailed", alertstate="firing", environment="production"}'
        )
    )
    assert real.value("sum(shipline_quarantined_releases)") == 1


def rules(real: Prometheus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = real.ask("rules")["groups"][0]["rules"]
    return found


SERIES = {
    "ShiplineNotObserved": {'up{job="shipline"}': "0x30"},
    "ShiplineStandsStill": {'shipline_part_well{part="daemon SENSOR"}': "0x30"},
    "ShiplineMetricsMissing": {'shipline_source_readable{source="runs"}': "0x30"},
    "ShiplineAppFileWrong": {"shipline_app_files_wrong": "2x30"},
    "ShiplineQueueIsStuck": {"shipline_run_queue_oldest_seconds": "2000x30"},
    "ShiplineRunsFail": {
        'shipline_runs_total{job_name="shop_deploy",state="failure"}': "0+1x30",
        'shipline_runs_total{job_name="shop_deploy",state="success"}': "0x30",
    },
    "ShiplineDeploymentFailed": {
        'shipline_deployments_total{app="shop",environment="production",kind="deploy",outcome="rolled_back"}': "0x25 1x5"
    },
    "ShiplineDrift": {'shipline_drift_findings{app="shop",environment="production"}': "1x30"},
    "ShiplineHostLost": {'shipline_drift_lost_hosts{app="shop",environment="production"}': "1x30"},
    "ShiplineWebhooksWait": {"shipline_webhook_oldest_delivery_seconds": "400x30"},
    "ShiplineGitHubBudgetLow": {
        'shipline_github_requests_remaining{app="shop"}': "400x30",
        'shipline_github_requests_limit{app="shop"}': "5000x30",
    },
}
"""What makes each alert fire, minute by minute, in the words of `promtool test rules`."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_given_when_it_should_be_and_not_otherwise(rule: dict[str, Any], tmp_path: Path) -> None:
    bad = [{"series": name, "values": values} for name, values in SERIES[rule["alert"]].items()]
    query = f'count(ALERTS{{alertname="{rule["alert"]}", alertstate="firing"}})'
    given = {"expr": query, "eval_time": "29m", "exp_samples": [{"value": 1}]}
    none = {"expr": query, "eval_time": "29m", "exp_samples": []}
    good = [{"series": each["series"], "values": WELL.get(rule["alert"], "0x30")} for each in bad]
    cases = {
        "rule_files": ["/monitoring/rules.yml"],
        "tests": [
            {"interval": "1m", "input_series": bad, "promql_expr_test": [given]},
            {"interval": "1m", "input_series": good, "promql_expr_test": [none]},
        ],
    }
    promtool("test", "rules", "/dev/stdin", said=yaml.safe_dump(cases))


WELL = dict.fromkeys(("ShiplineNotObserved", "ShiplineStandsStill", "ShiplineMetricsMissing"), "1x30") | {
    "ShiplineGitHubBudgetLow": "5000x30"
}
"""The values at which nothing is wrong, where that is not 0."""


def test_the_dashboard_is_built_as_grafana_wants_it() -> None:
    """Grafana itself is not here: what can be said without it is that each panel has a place, a source, and a kind that there is."""
    assert [each["type"] for each in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert {panel["type"] for panel in PANELS} <= {"stat", "timeseries", "table"}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    for panel in PANELS:
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in ("none", "s", "percentunit")
        assert [target["refId"] for target in panel["targets"]] == ["A", "B"][: len(panel["targets"])]
