"""`make prove-deploy`: measure what is claimed of deployments, as `benchmarks/parts.py` says."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.deploy import crash, fleet, killed, row, together
from benchmarks.deploy.figures import NAMES, Figures
from benchmarks.deploy.ground import Ground, ground
from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home
from tests.support.shop import Shop, load


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


@contextmanager
def _grounds() -> Iterator[Measure]:
    """A shop, in which each part has a ground of its own."""
    with temporary_home("deploy") as home, temporary_bed("deploy") as bed:
        shop = Shop(bed, load(bed), home)

        def measure(name: str) -> Figures:
            with ground(shop, shop.folder / name) as made:
                return PARTS[name](made, tell)

        yield measure


if __name__ == "__main__":
    sys.exit(main(PARTS, _grounds(), NAMES))
