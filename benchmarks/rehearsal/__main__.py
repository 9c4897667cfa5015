"""`make prove-rehearsal`: measure what is claimed of the rehearsal. The last line of standard output is one JSON object with all figures.

PARTS="order kills" measures these parts alone; the figures of the others are null.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from benchmarks.rehearsal import bad, killed, load, order
from benchmarks.rehearsal.figures import NAMES, Figures, Tell
from benchmarks.rehearsal.ground import Ground, ground
from tests.support.shop import Shop
from tests.support.shop import load as load_shop
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "order": order.measure,
    "load": load.measure,
    "kills": killed.measure,
    "bad": bad.measure,
}


def main() -> int:
    """Exit status 0 when all that was asked for could be measured, whatever came out, and 1 otherwise."""
    clean_up_on_sigterm()
    try:
        named = wanted(PARTS)
    except Unknown as error:
        tell(str(error))
        return 1
    progress = Progress(tell)
    figures: Figures = {}
    # Whatever reads the settings of this process's home finds none: a person's own Shipline lends nothing.
    with tempfile.TemporaryDirectory(prefix="shipline-rehearsal-") as home:
        os.environ["SHIPLINE_HOME"] = home
        remove_orphans("rehearsal-")
        with TestBed(f"rehearsal-{os.getpid()}", progress=progress) as bed:
            shop = Shop(bed, load_shop(bed), Path(home))
            well = [measured(figures, partial(_figures, name, shop, progress)) for name in named]
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


def _figures(name: str, shop: Shop, progress: Progress) -> Figures:
    """What one part measures, on a ground of its own."""
    with progress.step(name), ground(shop) as made:
        return PARTS[name](made, tell)


if __name__ == "__main__":
    sys.exit(main())
