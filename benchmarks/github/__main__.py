"""`make prove-github`: measure what is claimed of GitHub. The last line of standard output is one JSON object with all figures.

PARTS="merges latency" measures these parts alone; the figures of the others are null.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial

from benchmarks.github import doubled, forged, forks, idle, latency, merges, payloads, poll
from benchmarks.github.figures import NAMES, Figures, Tell
from benchmarks.github.stack import ONE_APP, Stack, running
from benchmarks.parts import Unknown, clean_up_on_sigterm, measured, tell, wanted
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

Measure = Callable[[Tell], Figures]


def main() -> int:
    """Exit status 0 when all that was asked for could be measured, whatever came out, and 1 otherwise."""
    clean_up_on_sigterm()
    try:
        named = wanted(PARTS)
    except Unknown as error:
        tell(str(error))
        return 1
    progress = Progress(tell)
    figures: dict[str, int | float | None] = dict.fromkeys(NAMES)
    whole = True
    # Whatever reads the settings of this process's home finds none: a person's own Shipline lends nothing.
    with tempfile.TemporaryDirectory(prefix="shipline-proof-") as home:
        os.environ["SHIPLINE_HOME"] = home
        for name in named:
            whole = measured(figures, partial(_figures, name, progress)) and whole
    print(json.dumps(figures), flush=True)
    return 0 if whole else 1


def _figures(name: str, progress: Progress) -> Figures:
    """What one part measures."""
    with progress.step(name):
        return PARTS[name](tell)


def _on_stack(
    measure: Callable[[Stack, Tell], Figures], apps: Mapping[str, str] = ONE_APP, *, webhooks: bool = True
) -> Measure:
    """The part, measured on a Shipline of its own whose runs fail at once."""

    def measured(tell: Tell) -> Figures:
        with running(apps, webhooks=webhooks) as stack:
            return measure(stack, tell)

    return measured


def _merges(tell: Tell) -> Figures:
    with _bed(tell) as bed, running(bed=bed) as stack:
        return merges.measure(stack, tell)


def _forks(tell: Tell) -> Figures:
    with _bed(tell) as bed:
        return forks.measure(bed, tell)


def _bed(tell: Tell) -> TestBed:
    """A registry and a server."""
    remove_orphans("proof-")
    return TestBed(f"proof-{os.getpid()}", progress=Progress(tell))


PARTS: dict[str, Measure] = {
    "merges": _merges,
    "latency": _on_stack(latency.measure),
    "poll": _on_stack(poll.measure, webhooks=False),
    "idle": idle.measure,
    "payloads": _on_stack(payloads.measure, payloads.APPS),
    "forged": _on_stack(forged.measure),
    "502": doubled.measure,
    "forks": _forks,
}


if __name__ == "__main__":
    sys.exit(main())
