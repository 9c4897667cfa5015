"""`make prove-newcomer`: measure what it takes to ship apps that nobody here wrote, as `benchmarks/parts.py` says.

APPS="flask_quotes" onboards these alone.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.newcomer import journeys, mistakes
from benchmarks.newcomer.figures import NAMES, add
from benchmarks.newcomer.ground import furnished
from benchmarks.parts import Measure, main, tell, temporary_bed, temporary_home

PARTS = {"apps": journeys.measure, "mistakes": mistakes.measure}


@contextmanager
def _ground() -> Iterator[Measure]:
    with temporary_home("newcomer") as folder, temporary_bed("newcomer") as bed, furnished(bed, folder) as ground:
        yield lambda name: PARTS[name](ground, tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _ground(), NAMES, add))
