"""`make bench`: the figures of `figures.py` in one row; PARTS chooses, ROUNDS says how many deployments beside the script.

What was not measured in this call is null. All samples are in a file in benchmarks/results, with their minimum and maximum.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.deploy import bench
from benchmarks.deploy.compare import ROUNDS
from benchmarks.github import latency
from benchmarks.github.stack import running
from benchmarks.idle import size
from benchmarks.lineage import speed
from benchmarks.lineage.ground import wanted_ground
from benchmarks.parts import Measure, Tell, main, tell, temporary_bed, temporary_home
from benchmarks.service import soak
from benchmarks.service.ground import ground as service
from benchmarks.summary import hosts, nothing, promotion
from benchmarks.summary.figures import NAMES, Samples
from benchmarks.summary.results import Results

_DELIVERIES, _CALLS = 30, 7


def _deploy(tell: Tell) -> Samples:
    """Bare and full deployments and rollbacks under load, beside the script."""
    rounds = int(os.environ.get("ROUNDS") or ROUNDS)
    with bench.place() as app:
        bare, full = (bench.measure(app, tell, full=full, rounds=rounds) for full in (False, True))
    asked = [*bare.asked, *full.asked]
    return {
        "deploy_over_script": bare.over_script,
        "full_deploy_over_script": full.over_script,
        "rollback_switch_s": bare.switch,
        "longest_gap_s": [each.longest_gap for each in asked],
        "failed_requests": [len(each.failed) for each in asked],
        "round_trips": bare.trips,
    }


def _deliveries(_tell: Tell) -> Samples:
    with temporary_home("deliveries"), running() as stack:
        seconds = latency.seconds(stack, _DELIVERIES)
    return dict.fromkeys(("delivery_to_first_op_p50_s", "delivery_to_first_op_p95_s"), seconds)


def _lineage(tell: Tell) -> Samples:
    with wanted_ground(tell) as made:
        return speed.commands(made, _CALLS)


def _memory(tell: Tell) -> Samples:
    with temporary_home("memory"), temporary_bed("memory") as bed, service(bed, "bench") as made:
        return {"memory_mb_per_100_runs": [soak.measure(made, tell)["memory_mb_per_100_runs"]]}


def _idle(_tell: Tell) -> Samples:
    return {"idle_core_share_100_apps": [size.measure(100)["idle_core_share_100"]]}


PARTS: dict[str, Callable[[Tell], Samples]] = {
    "lineage": _lineage,
    "deliveries": _deliveries,
    "promotion": promotion.measure,
    "nothing": nothing.measure,
    "hosts": hosts.measure,
    "deploy": _deploy,
    "idle": _idle,
    "memory": _memory,
}


@contextmanager
def _measure() -> Iterator[Measure]:
    yield lambda name: PARTS[name](tell)


if __name__ == "__main__":
    results = Results()
    status = main(PARTS, _measure(), NAMES, results.add)
    if results.file.exists():
        tell(f"all samples are in {results.file}")
    sys.exit(status)
