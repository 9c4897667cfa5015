"""`make prove-lineage`: measure what is claimed of the lineage, as `benchmarks/parts.py` says.

STORAGE=sqlite measures 10,000 deployments of ten apps in the storage that needs nothing, STORAGE=postgres (as without it) 100,000 of
fifty; DEPLOYMENTS and APPS say otherwise.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.lineage import measures, speed, traces
from benchmarks.lineage.figures import NAMES, Figures
from benchmarks.lineage.ground import Ground, wanted_ground
from benchmarks.parts import Measure, Tell, main, tell
from tests.docs.proof import count

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "speed": speed.measure,
    "traces": traces.measure,
    "metrics": measures.measure,
    "docs": lambda _ground, _tell: dict(count()),
}


@contextmanager
def _ground() -> Iterator[Measure]:
    """The storage with its deployments. Raises Failed."""
    with wanted_ground(tell) as made:
        yield lambda name: PARTS[name](made, tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _ground(), NAMES))
