"""`make prove-rehearsal`: measure what is claimed of the rehearsal, as `benchmarks/parts.py` says."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home
from benchmarks.rehearsal import bad, killed, load, order
from benchmarks.rehearsal.figures import NAMES, Figures
from benchmarks.rehearsal.ground import Ground, ground
from tests.support.shop import Shop
from tests.support.shop import load as load_shop

PARTS: dict[str, Callable[[Ground, Tell], Figures]] = {
    "order": order.measure,
    "load": load.measure,
    "kills": killed.measure,
    "bad": bad.measure,
}


@contextmanager
def _grounds() -> Iterator[Measure]:
    """A shop, in which each part has a ground of its own."""
    with temporary_home("rehearsal") as home, temporary_bed("rehearsal") as bed:
        shop = Shop(bed, load_shop(bed), home)

        def measure(name: str) -> Figures:
            with ground(shop) as made:
                return PARTS[name](made, tell)

        yield measure


if __name__ == "__main__":
    sys.exit(main(PARTS, _grounds(), NAMES))
