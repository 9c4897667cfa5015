"""`make bench-tests`: measure the tests themselves, as `benchmarks/parts.py` says."""

import sys
from collections.abc import Callable
from contextlib import nullcontext

from benchmarks.parts import Tell, main, tell
from benchmarks.tests import covered, planted, timed
from benchmarks.tests.figures import NAMES, Figures

PARTS: dict[str, Callable[[Tell], Figures]] = {
    "unit": timed.unit,
    "test": timed.test,
    "all": timed.all_of_them,
    "coverage": covered.measure,
    "faults": planted.measure,
    "row": timed.in_a_row,
}


if __name__ == "__main__":
    sys.exit(main(PARTS, nullcontext(lambda name: PARTS[name](tell)), NAMES))
