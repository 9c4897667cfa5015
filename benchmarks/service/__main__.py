"""`make prove-service`: measure what is claimed of the service. The last line of standard output is one JSON object with all figures.

PARTS="kills merges" measures these parts alone; the figures of the others are null.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial

from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from benchmarks.service import images, kills, merges, soak
from benchmarks.service.figures import NAMES, Figures, Tell
from benchmarks.service.ground import Ground, ground
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def _on_ground(measure: Callable[[Ground, Tell], Figures]) -> Callable[[TestBed, Tell], Figures]:
    """A part that has a service on one machine under it, of its own."""

    def measure_on_bed(bed: TestBed, tell: Tell) -> Figures:
        with ground(bed, "prove-service") as made:
            return measure(made, tell)

    return measure_on_bed


PARTS: dict[str, Callable[[TestBed, Tell], Figures]] = {
    "kills": _on_ground(kills.measure),
    "merges": merges.measure,
    "soak": _on_ground(soak.measure),
    "images": _on_ground(images.measure),
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
    with tempfile.TemporaryDirectory(prefix="shipline-service-") as home:
        os.environ["SHIPLINE_HOME"] = home
        remove_orphans("service-")
        with TestBed(f"service-{os.getpid()}", progress=progress) as bed:
            well = [measured(figures, partial(_figures, name, bed, progress)) for name in named]
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


def _figures(name: str, bed: TestBed, progress: Progress) -> Figures:
    """What one part measures, with a service of its own."""
    with progress.step(name):
        found = PARTS[name](bed, tell)
    tell(f"{name}: {json.dumps(found)}")  # whoever ends it before its end has what was measured until then
    return found


if __name__ == "__main__":
    sys.exit(main())
