"""Timed: how long the make targets of the tests take, how many tests they have, and how often one of them fails."""

import os

from benchmarks.parts import Tell
from benchmarks.tests.figures import Figures
from benchmarks.tests.suite import Ran, make

ROW = 10
"""Runs of `make test` one after another; the variable ROW says otherwise."""


def unit(tell: Tell) -> Figures:
    """`test_unit_s`."""
    return {"test_unit_s": round(_ran("test-unit", tell).seconds, 1)}


def test(tell: Tell) -> Figures:
    """`test_s` and `tests`."""
    ran = _ran("test", tell)
    return {"test_s": round(ran.seconds, 1), "tests": ran.tests}


def all_of_them(tell: Tell) -> Figures:
    """`test_all_s` and `tests_all`."""
    ran = _ran("test-all", tell)
    return {"test_all_s": round(ran.seconds, 1), "tests_all": ran.tests}


def in_a_row(tell: Tell) -> Figures:
    """`runs_in_a_row` of `make test`, and `flaky`: the tests that failed in one of them, counted once each."""
    count, flaky = int(os.environ.get("ROW") or ROW), set[str]()
    for number in range(1, count + 1):
        ran = make("test")
        flaky.update(ran.failed)
        tell(f"run {number} of {count}: {len(ran.failed)} of {ran.tests} tests failed in {ran.seconds:.0f} s")
    return {"runs_in_a_row": count, "flaky": len(flaky)}


def _ran(target: str, tell: Tell) -> Ran:
    """What a target took; tests that failed are told, since the time of a run in which some did may be another one."""
    ran = make(target)
    tell(f"make {target}: {ran.tests} tests in {ran.seconds:.0f} s; failed: {', '.join(ran.failed) or 'none'}")
    return ran
