"""Figures: what the parts measure, by the names under which they are printed."""

import statistics
from collections.abc import Sequence

Figures = dict[str, int | float | bool | dict[str, float]]

NAMES = (
    "steps_in_order",
    "database_mb",
    "failed_requests",
    "latency_ratio_p95",
    "kill_points",
    "production_changed",
    "next_rehearsal_failed",
    "bad_releases",
    "bad_releases_missed",
    "seconds_by_step",
)


def p95(values: Sequence[float]) -> float:
    """The value below which 95 of a hundred values lie. There have to be two at least."""
    return statistics.quantiles(values, n=100, method="inclusive")[94]
