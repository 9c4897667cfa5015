"""The checks of a rehearsal: which there are, and how each went, as far as the rehearsal came."""

from typing import Any

import dagster as dg
import pytest

from pipeline_defs.orchestration.rehearsal_checks import check_results, check_specs
from pipeline_defs.release.evidence import Migration, StepTiming, TestCounts, Verdict, WayBack
from pipeline_defs.release.records import Outcome, Rehearsal
from tests.unit import sample

ALL = ("migrate", "test", "e2e")
STAGING = sample.example().environments["staging"]
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


def rehearsal(steps: tuple[str, ...] = ALL, failed: str = "", **more: Any) -> Rehearsal:
    """A rehearsal that did these steps; the step `failed` did not go well."""
    known: dict[str, Any] = {
        "id": "20260131T120000Z-1a2b3c4d",
        "release": sample.release(),
        "environment": "staging",
        "outcome": Outcome.FAILED if failed else Outcome.SUCCEEDED,
        "started": "2026-01-31T12:00:00+00:00",
        "steps": tuple(
            StepTiming(step=name, seconds=1, outcome="failed" if name == failed else "done") for name in steps
        ),
        "error": f"step {failed}: it broke" if failed else None,
        **more,
    }
    return Rehearsal(**known)


def way_back(verdict: Verdict) -> WayBack:
    return WayBack(verdict=verdict, version="1.4.1", digest="sha256:" + "c" * 64, revision="0002", reason="it crashed")


def results(row: Rehearsal, config: Any = STAGING) -> dict[str, dg.AssetCheckResult]:
    """{check: its result}."""
    return {str(result.check_name): result for result in check_results(row, config)}


def test_there_are_checks_only_of_what_an_environment_has() -> None:
    asset = dg.AssetKey("shop_staging")
    assert [spec.name for spec in check_specs(asset, STAGING)] == ["tests", "e2e", "migrations", "way_back"]
    assert not any(spec.blocking for spec in check_specs(asset, STAGING))
    bare = STAGING.model_copy(update={"test": None, "e2e": (), "migrate": None})
    assert [spec.name for spec in check_specs(asset, bare)] == ["way_back"]
    assert set(results(rehearsal(), bare)) == {"way_back"}


def test_a_rehearsal_that_passed_has_passed_all_of_them() -> None:
    counts = TestCounts(tests=12, seconds=3.1)
    found = results(
        rehearsal(
            tests=counts,
            e2e=counts,
            revision_before="0002",
            revision="0003",
            migrations=(Migration(before="0002", after="0003", seconds=1.5),),
            way_back=way_back(Verdict.COMPATIBLE),
        )
    )
    assert {name: result.passed for name, result in found.items()} == dict.fromkeys(
        ("tests", "e2e", "migrations", "way_back"), True
    )
    assert found["tests"].description == "12 passed in 3.1 s"
    assert found["migrations"].description == "0002 -> 0003 in 1.5 s"
    assert found["migrations"].metadata["0003"].value == 1.5
    assert found["migrations"].metadata["from revision"].value == "0002"


@pytest.mark.parametrize(
    ("steps", "failed", "expected"),
    [
        (("restore",), "restore", {}),
        (("migrate",), "migrate", {"migrations": False}),
        (("migrate", "healthy"), "healthy", {"migrations": True}),
        (("migrate", "test"), "test", {"migrations": True, "tests": False}),
        (ALL, "e2e", {"migrations": True, "tests": True, "e2e": False}),
        # what comes after the checks may fail too
        ((*ALL, "copy removed"), "copy removed", {"migrations": True, "tests": True, "e2e": True}),
    ],
)
def test_the_check_that_failed_says_why_and_those_behind_it_have_no_result(
    steps: tuple[str, ...], failed: str, expected: dict[str, bool]
) -> None:
    found = results(rehearsal(steps, failed))
    assert {name: result.passed for name, result in found.items()} == expected
    said = {result.description for result in found.values() if not result.passed}
    assert said <= {f"step {failed}: it broke"}


def test_several_collections_are_one_check() -> None:
    two = STAGING.model_copy(update={"e2e": STAGING.e2e * 2})
    assert "e2e" not in results(rehearsal(("e2e 1",)), two)
    assert results(rehearsal(("e2e 1", "e2e 2")), two)["e2e"].passed
    assert not results(rehearsal(("e2e 1", "e2e 2"), "e2e 2"), two)["e2e"].passed


@pytest.mark.parametrize(
    ("verdict", "passed", "severity"),
    [
        (Verdict.COMPATIBLE, True, ERROR),
        (Verdict.NEEDS_DOWNGRADE, False, WARN),
        (Verdict.NEEDS_RESTORE, False, ERROR),
    ],
)
def test_a_way_back_that_costs_something_warns_and_one_that_costs_data_is_an_error(
    verdict: Verdict, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    result = results(rehearsal(way_back=way_back(verdict)))["way_back"]
    assert (result.passed, result.severity) == (passed, severity)
    assert "it crashed" in str(result.description)


def test_a_first_release_has_nothing_to_go_back_to() -> None:
    assert results(rehearsal())["way_back"].passed
    assert "way_back" not in results(rehearsal(failed="e2e"))
