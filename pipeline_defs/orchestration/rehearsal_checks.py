"""Rehearsal checks: what a rehearsal proves, as checks of its asset. None of them blocks anything: a rehearsal that
fails has failed its run.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline_defs.config import Environment
from pipeline_defs.lineage.metadata.rehearsal_metadata import migrations_table
from pipeline_defs.lineage.metadata.tables import Metadata, numbers, tests_table, texts
from pipeline_defs.lineage.metadata.way_back_metadata import way_back
from pipeline_defs.release.evidence import TestCounts, Verdict
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Deployment, Outcome, Rehearsal
from pipeline_defs.release.step_name import StepName, is_a

TESTS, E2E, MIGRATIONS, WAY_BACK = "tests", "e2e", "migrations", "way_back"

_WHAT = {
    TESTS: "The tests inside the container, on the copy.",
    E2E: "The end-to-end tests, on the copy.",
    MIGRATIONS: "The migrations ran on the copy.",
    WAY_BACK: (
        "The release that runs now works on the migrated copy, so that its image alone is the way back. "
        "A warning where the migrations have to be taken back first, an error where only a backup leads back."
    ),
}


def check_specs(asset: dg.AssetKey, config: Environment) -> list[dg.AssetCheckSpec]:
    """The checks of an environment that rehearses: only of what it has."""
    return [dg.AssetCheckSpec(name, asset=asset, description=_WHAT[name]) for name in _names(config)]


def check_results(row: Rehearsal, config: Environment) -> Iterator[dg.AssetCheckResult]:
    """How the checks went. One that the rehearsal did not reach has no result: Dagster shows that it was not executed."""
    for found in (tests_result(row), e2e_result(row, config), _migrations(row), _way_back(row)):
        if found is not None and found.check_name in _names(config):
            yield found


def _names(config: Environment) -> list[str]:
    has = {TESTS: config.test, E2E: config.e2e, MIGRATIONS: config.migrate, WAY_BACK: True}
    return [name for name, there in has.items() if there]


def tests_result(row: Rehearsal | Deployment) -> dg.AssetCheckResult | None:
    """How the tests went; None where they were not reached."""
    outcomes = [step.outcome for step in row.steps if step.step == StepName.TEST]
    return _counted(row, TESTS, outcomes, 1, row.tests)


def e2e_result(row: Rehearsal | Deployment, config: Environment) -> dg.AssetCheckResult | None:
    """How the end-to-end tests went; each collection is a step of its own where there are several: `e2e 1`."""
    outcomes = [step.outcome for step in row.steps if is_a(step.step, StepName.E2E)]
    return _counted(row, E2E, outcomes, len(config.e2e), row.e2e)


def _counted(
    row: Rehearsal | Deployment, name: str, outcomes: list[str], wanted: int, counts: TestCounts | None
) -> dg.AssetCheckResult | None:
    failed = "failed" in outcomes
    if not failed and len(outcomes) < wanted:
        return None
    metadata: Metadata = {"counts": dg.MetadataValue.md(tests_table(counts))} if counts else {}
    said = row.error if failed else str(counts) if counts else "passed"
    return result(name, said, metadata, passed=not failed)


def _migrations(row: Rehearsal) -> dg.AssetCheckResult | None:
    outcomes = [step.outcome for step in row.steps if step.step == StepName.MIGRATE]
    if not outcomes:
        return None
    failed = "failed" in outcomes
    shown = migrations_table(row)
    metadata: Metadata = {
        **({"migrations": dg.MetadataValue.md(shown)} if shown else {}),
        **texts({"from revision": row.revision_before or "", "to revision": row.revision or ""}),
        **numbers({each.after or "?": each.seconds for each in row.migrations}),
    }
    said = row.error if failed else led(row.revision_before, row.revision, row.migrations) or "they ran"
    return result(MIGRATIONS, said, metadata, passed=not failed)


def _way_back(row: Rehearsal) -> dg.AssetCheckResult | None:
    found = row.way_back
    if found is None:
        nothing = "nothing runs that one would have to go back to"
        return result(WAY_BACK, nothing, {}, passed=True) if row.outcome is Outcome.SUCCEEDED else None
    passed, warns = found.verdict is Verdict.COMPATIBLE, found.verdict is Verdict.NEEDS_DOWNGRADE
    return result(WAY_BACK, str(found), way_back(found), passed=passed, warns=warns)


def result(
    name: str, said: str | None, metadata: Metadata, *, passed: bool, warns: bool = False
) -> dg.AssetCheckResult:
    """A check's result: what it says, and what is shown beside it; `warns` where a failed one is a warning only."""
    severity = dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(check_name=name, passed=passed, severity=severity, description=said, metadata=metadata)
