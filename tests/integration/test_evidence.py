"""What rehearsals prove is kept with the release: in checks, in records, on the command line. All of it by real runs."""

from typing import Any

import dagster as dg
import pytest

from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.history import Row
from tests.integration.shop_runs import A_TEST_FAILS, ADDS, RENAMES, STAGING, ShopRuns

REHEARSED = True  # 1.0.0 was, before there was anything to go back to


def checks(runs: ShopRuns, run: dg.ExecuteInProcessResult) -> dict[str, tuple[str, str, str]]:
    """{check: (status, severity, description)} of a run, as the storage has them."""
    found = {}
    for name in ("tests", "e2e", "migrations", "way_back"):
        history = runs.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(STAGING, name), limit=20
        )
        record = next(each for each in history if each.run_id == run.run_id)
        evaluation: Any = record.evaluation
        planned = record.status.value == "PLANNED"
        found[name] = (
            (record.status.value, "", "")
            if planned
            else (record.status.value, evaluation.severity.value, evaluation.description)
        )
    return found


def newest(runs: ShopRuns, run: dg.ExecuteInProcessResult, environment: str = "staging") -> Row:
    """The row that a run wrote."""
    return next(row for row in runs.rows(environment) if row.run == run.run_id)


def test_the_first_rehearsal_has_nothing_to_go_back_to(runs: ShopRuns) -> None:
    first = runs.rows("staging")[-1]
    (record,) = [
        each
        for each in runs.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(STAGING, "way_back"), limit=20
        )
        if each.run_id == first.run
    ]
    assert record.status.value == "SUCCEEDED"


def test_a_rehearsal_that_passes_has_passed_its_checks(runs: ShopRuns) -> None:
    runs.release("1.1.0", *ADDS)
    run = runs.stage("1.1.0")
    assert run.success, runs.said(run)
    found = checks(runs, run)
    assert {name: status for name, (status, _, _) in found.items()} == dict.fromkeys(
        ("tests", "e2e", "migrations", "way_back"), "SUCCEEDED"
    )
    assert "passed in" in found["tests"][2] and "passed in" in found["e2e"][2]
    assert found["migrations"][2].startswith("0003 -> 0004 in ")
    assert found["way_back"][2] == "way back to 1.0.0: compatible"
    row = newest(runs, run)
    assert row.way_back and row.way_back.verdict is Verdict.COMPATIBLE
    assert [(each.before, each.after) for each in row.migrations] == [("0003", "0004")]
    assert row.copied and row.copied.rows is not None and row.copied.restore_seconds > 0


@pytest.mark.thorough
def test_a_way_back_that_needs_a_downgrade_is_a_warning(runs: ShopRuns) -> None:
    runs.release("1.2.0", *RENAMES)
    run = runs.stage("1.2.0")
    assert run.success, runs.said(run)
    status, severity, said = checks(runs, run)["way_back"]
    assert (status, severity) == ("FAILED", "WARN")
    assert said.startswith("way back to 1.0.0: needs downgrade to 0003, because ")


@pytest.mark.thorough
def test_a_rehearsal_that_fails_shows_where_and_what_it_did_not_reach(runs: ShopRuns) -> None:
    runs.release("1.3.0", *ADDS, *A_TEST_FAILS)
    run = runs.stage("1.3.0")
    assert not run.success
    found = checks(runs, run)
    assert found["migrations"][0] == "SUCCEEDED"
    assert found["tests"][0] == "FAILED" and "step test: 1 of " in found["tests"][2] and "moon" in found["tests"][2]
    assert (found["e2e"][0], found["way_back"][0]) == ("PLANNED", "PLANNED")
    assert newest(runs, run).outcome == "failed"
