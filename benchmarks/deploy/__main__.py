"""`make prove-deploy`: measure what is claimed of deployments. The last line of standard output is one JSON object with all figures.

PARTS="row kills" measures these parts alone; the figures of the others are null.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.deploy import crash, fleet, killed, row, together
from benchmarks.deploy.figures import NAMES, Figures, Tell
from benchmarks.deploy.ground import Ground, ground
from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from tests.support.shop import Shop, load
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def _fleet(ground: Ground, tell: Tell) -> Figures:
    """The part that has two hosts of its own; of its kills it tells by itself."""
    return {"mixed_fleets": fleet.measure(ground.app.shop.bed, tell)["mixed_fleets"]}


PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "row": row.measure,
    "kills": killed.measure,
    "together": together.measure,
    "crash": crash.measure,
    "fleet": _fleet,
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
    with tempfile.TemporaryDirectory(prefix="shipline-deploy-") as home:
        os.environ["SHIPLINE_HOME"] = home
        remove_orphans("deploy-")
        with TestBed(f"deploy-{os.getpid()}", progress=progress) as bed:
            shop = Shop(bed, load(bed), Path(home))
            well = [measured(figures, partial(_figures, name, shop, progress)) for name in named]
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


def _figures(name: str, shop: Shop, progress: Progress) -> Figures:
    """What one part measures, on a ground of its own."""
    with progress.step(name), ground(shop, shop.folder / name) as made:
        found = PARTS[name](made, tell)
    tell(f"{name}: {json.dumps(found)}")  # whoever ends it before its end has what was measured until then
    return found


if __name__ == "__main__":
    sys.exit(main())
