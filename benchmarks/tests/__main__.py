"""`make bench-tests`: measure the tests themselves. The last line of standard output is one JSON object with all figures.

PARTS="unit faults" measures these parts alone; the figures of the others are null.
"""

import json
import sys
from collections.abc import Callable
from functools import partial

from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from benchmarks.tests import covered, planted, timed
from benchmarks.tests.figures import NAMES, Figures, Tell

PARTS: dict[str, Callable[[Tell], Figures]] = {
    "unit": timed.unit,
    "test": timed.test,
    "all": timed.all_of_them,
    "coverage": covered.measure,
    "faults": planted.measure,
    "row": timed.in_a_row,
}


def main() -> int:
    """Exit status 0 when all that was asked for could be measured, whatever came out, and 1 otherwise."""
    clean_up_on_sigterm()
    try:
        named = wanted(PARTS)
    except Unknown as error:
        tell(str(error))
        return 1
    figures: Figures = {}
    well = [measured(figures, partial(PARTS[name], tell)) for name in named]
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
