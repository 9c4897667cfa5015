"""`make prove-menagerie`: measure what is claimed of ordinary compose files and ordinary failures, as `benchmarks/parts.py` says.

APPS="single routed" measures these apps alone.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.menagerie import changed_secrets, lives, refused, runs, walks
from benchmarks.menagerie.figures import NAMES, Figures, add
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home
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


@contextmanager
def _ground() -> Iterator[Measure]:
    with temporary_home("menagerie") as home, temporary_bed("menagerie", _SERVERS, in_memory=True) as bed:
        made = Ground(bed, home, Progress(tell))
        yield lambda name: PARTS[name](made, tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _ground(), NAMES, add))
