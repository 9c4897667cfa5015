"""`make prove-service`: measure what is claimed of the service, as `benchmarks/parts.py` says."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home
from benchmarks.service import images, kills, merges, soak
from benchmarks.service.figures import NAMES, Figures
from benchmarks.service.ground import Ground, ground
from tests.testbed.bed import TestBed


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


@contextmanager
def _bed() -> Iterator[Measure]:
    with temporary_home("service"), temporary_bed("service") as bed:
        yield lambda name: PARTS[name](bed, tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _bed(), NAMES))
