"""`make prove-github`: measure what is claimed of GitHub, as `benchmarks/parts.py` says."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks.github import doubled, forged, forks, idle, latency, merges, payloads, poll
from benchmarks.github.figures import NAMES, Figures
from benchmarks.github.stack import ONE_APP, Stack, running
from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home


def _on_stack(
    measure: Callable[[Stack, Tell], Figures], apps: Mapping[str, str] = ONE_APP, *, webhooks: bool = True
) -> Callable[[Tell], Figures]:
    """The part, measured on a Shipline of its own whose runs fail at once."""

    def measured(tell: Tell) -> Figures:
        with running(apps, webhooks=webhooks) as stack:
            return measure(stack, tell)

    return measured


def _merges(tell: Tell) -> Figures:
    with temporary_bed("proof") as bed, running(bed=bed) as stack:
        return merges.measure(stack, tell)


def _forks(tell: Tell) -> Figures:
    with temporary_bed("proof") as bed:
        return forks.measure(bed, tell)


PARTS: dict[str, Callable[[Tell], Figures]] = {
    "merges": _merges,
    "latency": _on_stack(latency.measure),
    "poll": _on_stack(poll.measure, webhooks=False),
    "idle": idle.measure,
    "payloads": _on_stack(payloads.measure, payloads.APPS),
    "forged": _on_stack(forged.measure),
    "502": doubled.measure,
    "forks": _forks,
}


@contextmanager
def _home() -> Iterator[Measure]:
    with temporary_home("proof"):
        yield lambda name: PARTS[name](tell)


if __name__ == "__main__":
    sys.exit(main(PARTS, _home(), NAMES))
