"""Figures: what the parts measure, by the names under which they are printed."""

Figures = dict[str, int | float | None]

COVERAGE_BEFORE: float | None = None
"""Branch coverage in percent by all tests, as it was before they were split into those of `make test` and thorough ones."""

NAMES = (
    "test_s",
    "test_unit_s",
    "test_all_s",
    "tests",
    "tests_all",
    "coverage",
    "coverage_all",
    "coverage_before",
    "faults_planted",
    "faults_found",
    "runs_in_a_row",
    "flaky",
)
