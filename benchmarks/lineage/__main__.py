"""`make prove-lineage`: measure what is claimed of the lineage, as `benchmarks/parts.py` says.

STORAGE=sqlite measures 10,000 deployments of ten apps in the storage that needs nothing, STORAGE=postgres (as without it) 100,000 of
fifty; DEPLOYMENTS and APPS say otherwise.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lineage import measures, speed, traces
from benchmarks.lineage.figures import NAMES, Figures
from benchmarks.lineage.ground import Ground, ground
from benchmarks.lineage.home import POSTGRES, SQLITE
from benchmarks.parts import Failed, Measure, Tell, main, tell
from tests.docs.proof import count

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "speed": speed.measure,
    "traces": traces.measure,
    "metrics": measures.measure,
    "docs": lambda _ground, _tell: dict(count()),
}
_NAMES = ("APPS", "DEPLOYMENTS")
_SIZES = {SQLITE: (10, 10_000), POSTGRES: (50, 100_000)}


@contextmanager
def _ground() -> Iterator[Measure]:
    """The storage with its deployments. Raises Failed."""
    storage = os.environ.get("STORAGE") or POSTGRES
    if storage not in _SIZES:
        raise Failed(f"STORAGE is {storage!r}; it may be {' or '.join(_SIZES)}")
    usual = zip(_NAMES, _SIZES[storage], strict=True)
    apps, deployments = (int(os.environ.get(name) or number) for name, number in usual)
    with (
        tempfile.TemporaryDirectory(prefix="shipline-lineage-") as folder,
        ground(Path(folder), storage, apps, deployments, tell) as made,
    ):
        yield lambda name: PARTS[name](made, tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _ground(), NAMES))
