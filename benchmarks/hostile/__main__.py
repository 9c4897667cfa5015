"""`make prove-hostile`: measure what secrets, names and outside text can do, as `benchmarks/parts.py` says.

MINUTES is how long each reader of outside text is tried (10). What was not measured is left out.
"""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext

from benchmarks.hostile import (
    argv,
    deliveries,
    faults,
    forced_command,
    fuzz,
    host_keys,
    names,
    pages,
    pulls,
    records,
    secrets,
    tags,
    untrusted,
)
from benchmarks.parts import main

Figures = dict[str, int | float]

PARTS: dict[str, Callable[[], Figures]] = {
    "secrets": secrets.measure,
    "names": names.measure,
    "pages": pages.measure,
    "untrusted": untrusted.measure,
    "records": records.measure,
    "deliveries": deliveries.measure,
    "argv": argv.measure,
    "forced_command": forced_command.measure,
    "host_keys": host_keys.measure,
    "faults": faults.measure,
    "tags": tags.measure,
    "pulls": pulls.measure,
    "fuzz": lambda: fuzz.measure(float(os.environ.get("MINUTES") or 10)),
}


if __name__ == "__main__":
    sys.exit(main(PARTS, nullcontext(lambda name: PARTS[name]())))
