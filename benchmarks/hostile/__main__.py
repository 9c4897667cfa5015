"""`make prove-hostile`: measure what secrets, names and outside text can do. The last line of standard output is one JSON object.

PARTS="secrets names pages records deliveries host_keys faults tags pulls fuzz" chooses; MINUTES is how long each reader of outside text is
tried (10). What was not measured is left out.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial

from benchmarks.hostile import deliveries, faults, fuzz, host_keys, names, pages, pulls, records, secrets, tags
from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from tests.testbed.progress import Progress

Figures = dict[str, int | float]

PARTS: dict[str, Callable[[], Figures]] = {
    "secrets": secrets.measure,
    "names": names.measure,
    "pages": pages.measure,
    "records": records.measure,
    "deliveries": deliveries.measure,
    "host_keys": host_keys.measure,
    "faults": faults.measure,
    "tags": tags.measure,
    "pulls": pulls.measure,
    "fuzz": lambda: fuzz.measure(float(os.environ.get("MINUTES") or 10)),
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
    whole = True
    for name in named:
        whole = measured(figures, partial(_figures, name, progress)) and whole
    print(json.dumps(figures), flush=True)
    return 0 if whole else 1


def _figures(name: str, progress: Progress) -> Figures:
    with progress.step(name):
        return PARTS[name]()


if __name__ == "__main__":
    sys.exit(main())
