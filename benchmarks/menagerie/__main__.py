"""`make prove-menagerie`: measure what is claimed of ordinary compose files and ordinary failures.

The last line of standard output is one JSON object with all figures. PARTS="lives refused" measures these parts alone, APPS="single routed"
these apps alone; figures that were not measured are null.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.menagerie import changed_secrets, lives, refused, runs, walks
from benchmarks.menagerie.figures import NAMES, Figures, Tell, add
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "refused": refused.measure,
    "secrets": changed_secrets.measure,
    "tested": runs.tested,
    "once": runs.once,
    "recoveries": runs.recoveries,
    "lives": lives.measure,
    "walks": walks.measure,
}

_SERVERS = 2
"""Apps fail on so many servers at once: one has the processors while another one waits."""


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
    with tempfile.TemporaryDirectory(prefix="shipline-menagerie-") as home:
        os.environ["SHIPLINE_HOME"] = home
        remove_orphans("menagerie-")
        with TestBed(f"menagerie-{os.getpid()}", servers=_SERVERS, progress=progress, in_memory=True) as bed:
            ground = Ground(bed, Path(home), progress)
            well = [measured(figures, partial(_with_part, figures, name, ground, progress)) for name in named]
    print(json.dumps(dict.fromkeys(NAMES) | figures), flush=True)
    return 0 if all(well) else 1


def _with_part(figures: Figures, name: str, ground: Ground, progress: Progress) -> Figures:
    """The figures together with what one part measures."""
    with progress.step(name):
        found = PARTS[name](ground, tell)
    tell(f"{name}: {json.dumps(found)}")  # whoever ends it before its end has what was measured until then
    together = dict(figures)
    add(together, found)
    return together


if __name__ == "__main__":
    sys.exit(main())
