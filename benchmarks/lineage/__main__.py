"""`make prove-lineage`: measure what is claimed of the lineage. The last line of standard output is one JSON object with all figures.

PARTS="traces metrics" measures these parts alone; the figures of the others are null. STORAGE=sqlite measures 10,000 deployments of
ten apps in the storage that needs nothing, STORAGE=postgres (as without it) 100,000 of fifty; DEPLOYMENTS and APPS say otherwise.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.lineage import measures, speed, traces
from benchmarks.lineage.figures import NAMES, Failed, Figures, Tell
from benchmarks.lineage.ground import Ground, ground
from benchmarks.lineage.home import POSTGRES, SQLITE
from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from tests.docs.proof import count

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "speed": speed.measure,
    "traces": traces.measure,
    "metrics": measures.measure,
    "docs": lambda _ground, _tell: dict(count()),
}
_NAMES = ("APPS", "DEPLOYMENTS")
_SIZES = {SQLITE: (10, 10_000), POSTGRES: (50, 100_000)}


def main() -> int:
    """Exit status 0 when all that was asked for could be measured, whatever came out, and 1 otherwise."""
    clean_up_on_sigterm()
    storage = os.environ.get("STORAGE") or POSTGRES
    try:
        named = wanted(PARTS)
        if storage not in _SIZES:
            raise Unknown(f"STORAGE is {storage!r}; it may be {' or '.join(_SIZES)}")
    except Unknown as error:
        tell(str(error))
        return 1
    usual = zip(_NAMES, _SIZES[storage], strict=True)
    apps, deployments = (int(os.environ.get(name) or number) for name, number in usual)
    figures: Figures = {}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="shipline-lineage-") as folder,
            ground(Path(folder), storage, apps, deployments, tell) as made,
        ):
            well = [measured(figures, partial(PARTS[name], made, tell)) for name in named]
    except Failed as error:
        tell(str(error))
        return 1
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
