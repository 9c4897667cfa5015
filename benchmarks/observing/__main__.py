"""`make bench-observe`: what a scrape of `shipline observe` costs after years. The last line of standard output is one JSON object.

STORAGE is sqlite (as without it) or postgres; DEPLOYMENTS and APPS say how much history there is. Each deployment has about three runs.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.lineage.ground import ground
from benchmarks.lineage.home import SQLITE
from benchmarks.observing.scrapes import measure
from benchmarks.parts import Failed, clean_up_on_sigterm, tell

_APPS, _DEPLOYMENTS = 10, 10_000


def main() -> int:
    """Exit status 0 when it could be measured, and 1 otherwise."""
    clean_up_on_sigterm()
    storage = os.environ.get("STORAGE") or SQLITE
    apps, deployments = int(os.environ.get("APPS") or _APPS), int(os.environ.get("DEPLOYMENTS") or _DEPLOYMENTS)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="shipline-observing-") as folder,
            ground(Path(folder), storage, apps, deployments, tell) as made,
        ):
            figures = measure(made)
    except Failed as error:
        tell(str(error))
        return 1
    print(json.dumps(figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
