"""Timed: how long the make targets of the tests take, how many tests they have, and how often one of them fails."""

import os

from benchmarks.tests.figures import Failed, Figures, Tell
from benchmarks.tests.suite import Ran, make

ROW = 10
"""Runs of `make test` one after another; the variable ROW says otherwise."""


def unit(tell: Tell) -> Figures:
    """`test_unit_s`."""
    return {"test_unit_s": round(_passed("test-unit", tell).seconds, 1)}


def test(tell: Tell) -> Figures:
    """`test_s` and `tests`."""
    ran = _passed("test", tell)
    return {"test_s": round(ran.seconds, 1), "tests": ran.tests}


def all_of_them(tell: Tell) -> Figures:
    """`test_all_s` and `tests_all`."""
    ran = _passed("test-all", tell)
    return {"test_all_s": round(ran.seconds, 1), "tests_all": ran.tests}


def in_a_row(tell: Tell) -> Figures:
    """`runs_in_a_row` of `make test`, and `flaky`: the tests that failed in one of them, counted once each."""
    count, flaky = int(os.environ.get("ROW") or ROW), set[str]()
    for number in range(1, count + 1):
        ran = make("test")
        flaky.update(ran.failed)
        tell(f"run {number} of {count}: {len(ran.failed)} of {ran.tests} tests failed in {ran.seconds:.0f} s")
    return {"runs_in_a_row": count, "flaky": len(flaky)}


def _passed(target: str, tell: Tell) -> Ran:
    ran = make(target)
    tell(f"make {target}: {ran.tests} tests in {ran.seconds:.0f} s")
    if ran.failed:
        raise Failed(f"make {target}: these tests failed, so its time says nothing: {', '.join(ran.failed)}")
    return ran
