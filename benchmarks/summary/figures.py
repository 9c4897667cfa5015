"""Figures: what the parts measure, by the names under which they are printed, and what of many samples is the figure."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks.github.figures import percentile

Samples = Mapping[str, Sequence[float]]
"""What was measured, a value for each time, by the figure's name."""

NAMES = (
    "deploy_over_script",
    "full_deploy_over_script",
    "rollback_switch_s",
    "rollback_warm_s",
    "longest_gap_s",
    "failed_requests",
    "round_trips",
    "delivery_to_first_op_p50_s",
    "delivery_to_first_op_p95_s",
    "status_s",
    "history_s",
    "trace_s",
    "runs_per_minute",
    "rehearsal_copy_speedup",
    "two_hosts_over_one",
    "promote_over_pull_push",
    "noop_deploy_s",
    "noop_integrate_s",
    "memory_mb_per_100_runs",
    "idle_core_share_100_apps",
)

_OTHERWISE: dict[str, Callable[[Sequence[float]], float]] = {
    "longest_gap_s": max,
    "failed_requests": sum,
    "round_trips": max,
    "delivery_to_first_op_p95_s": lambda values: percentile(values, 95),
}
"""Figures that are no median."""


def figure(name: str, values: Sequence[float]) -> float:
    """The one number that is printed of these samples."""
    return round(_OTHERWISE.get(name, statistics.median)(values), 3)
