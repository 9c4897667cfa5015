"""`make prove-pulls`: measure what is claimed of pull requests that are rehearsed before they are merged, as `benchmarks/parts.py` says.

PULLS is how many there are, over two apps (30).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.parts import Measure, main, temporary_home
from benchmarks.pulls import image_sets, rehearsals
from benchmarks.pulls.figures import NAMES
from benchmarks.pulls.ground import ground

PARTS = {"rehearsals": rehearsals.measure, "image_sets": image_sets.measure}


@contextmanager
def _grounds() -> Iterator[Measure]:
    with temporary_home("pulls"), ground() as made:
        yield lambda name: PARTS[name](made)


if __name__ == "__main__":
    sys.exit(main(PARTS, _grounds(), NAMES))
