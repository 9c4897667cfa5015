"""The checks of an environment that is deployed to, in a real storage: written by the run, and read again by who executes them."""

from typing import Any

import dagster as dg
import pytest

from pipeline_defs.lineage.events import DRIFT, environment_key
from pipeline_defs.lineage.metadata import deployment_metadata
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.environment_checks import log_verified, verified, verified_check
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from tests.integration.reported import SmallRuns
from tests.unit import sample

PRODUCTION = sample.example().environments["production"]
KEY = environment_key("shop", "production")
ALL = ("migrate", "healthy", "test", "e2e")
COUNTS = TestCounts(tests=12, seconds=3.1)


def row(*steps: str, failed: str = "", **more: Any) -> Deployment:
    """A deployment that did these steps; the step `failed` did not go well."""
    known: dict[str, Any] = {
        "id": "20260131T120000Z-1a2b3c4d",
        "kind": DeploymentKind.DEPLOY,
        "release": sample.release(),
        "environment": "production",
        "outcome": Outcome.ROLLED_BACK if failed else Outcome.SUCCEEDED,
        "started": "2026-01-31T12:00:00+00:00",
        "steps": tuple(
            StepTiming(step=name, seconds=1, outcome="failed" if name == failed else "done") for name in steps
        ),
        "tests": COUNTS,
        "error": f"step {failed}: it broke" if failed else None,
        **more,
    }
    return Deployment.model_validate(known)


BACK = row("healthy", "test", "e2e", kind="rollback", release=sample.release("1.4.1"), id="20260131T120100Z-1a2b3c4d")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (row(*ALL), {"migrations": True, "health": True, "tests": True, "e2e": True}),
        (row("migrate", "healthy", "test", failed="test"), {"migrations": True, "health": True, "tests": False}),
        (row("migrate", "healthy", failed="healthy"), {"migrations": True, "health": False}),
        (row("migrate", failed="migrate"), {"migrations": False}),
        (row(), {}),
        (BACK, {"migrations": True, "health": True, "tests": True, "e2e": True}),
    ],
)
def test_what_was_reached_has_a_result(what: Deployment, expected: dict[str, bool]) -> None:
    found = {result.check_name: result for result in verified(what, PRODUCTION)}
    assert {name: result.passed for name, result in found.items()} == expected
    assert all(str(result.description).startswith(f"{what.release.version}: ") for result in found.values())
    assert {result.description for result in found.values() if not result.passed} <= {f"1.4.2: {what.error}"}


def test_of_what_an_environment_has_not_there_is_no_check() -> None:
    bare = PRODUCTION.model_copy(update={"test": None, "e2e": (), "migrate": None})
    assert [result.check_name for result in verified(row(*ALL), bare)] == ["health"]


def newest(instance: dg.DagsterInstance, name: str) -> tuple[bool, str | None]:
    """Whether a check passed that was written last, and what it says."""
    record = instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(KEY, name))
    assert record is not None and record.evaluation is not None
    return record.evaluation.passed, record.evaluation.description


def test_after_a_rollback_the_newest_word_is_about_what_runs(instance: dg.DagsterInstance) -> None:
    lost = row("migrate", "healthy", "test", failed="test")

    def ends(context: dg.OpExecutionContext) -> None:
        for each in (lost, BACK):
            log_verified(context, each, PRODUCTION)
        OpRun(context).note(lost)
        context.log_event(dg.AssetMaterialization(KEY, metadata=deployment_metadata(BACK)))

    runs = SmallRuns(instance)
    run = runs.run(runs.job("deploy", {"production_record": ends}))
    assert newest(instance, "tests") == (True, "1.4.1: 12 passed in 3.1 s")
    written = [
        event.asset_check_evaluation
        for event in instance.all_logs(run, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    ]
    assert [each.passed for each in written if each and each.check_name == "tests"] == [False, True]

    check = verified_check(sample.example(), "production")
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(check))
    asset = dg.AssetSpec(KEY)
    defs = dg.Definitions(assets=[asset], asset_checks=[check], jobs=[job], executor=dg.in_process_executor)
    assert defs.resolve_job_def("look").execute_in_process(instance=instance).success
    assert newest(instance, "health") == (True, "1.4.1: healthy after 1.0 s")


def test_what_was_seen_before_counts_while_a_person_looks_anew(instance: dg.DagsterInstance) -> None:
    found = Drift(at="2026-01-31T12:00:00+00:00", said=("a.example.org runs 1.0.0",))
    seen = dg.AssetCheckEvaluation(
        asset_key=KEY,
        check_name=DRIFT,
        passed=False,
        metadata={DRIFT: dg.MetadataValue.json(found.model_dump(mode="json"))},
    )
    instance.report_runless_asset_event(seen)
    heard: list[Drift | None] = []

    @dg.asset_check(asset=KEY, name=DRIFT)
    def looks(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        heard.append(Lineage(context.instance).drift(sample.example(), "production"))
        return dg.AssetCheckResult(passed=True, metadata=seen.metadata)

    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(looks))
    asset = dg.AssetSpec(KEY)
    defs = dg.Definitions(assets=[asset], asset_checks=[looks], jobs=[job], executor=dg.in_process_executor)
    assert defs.resolve_job_def("look").execute_in_process(instance=instance).success
    assert heard == [found]
