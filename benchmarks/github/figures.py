"""Figures: what the parts measure, by the names under which they are printed."""

import statistics
from collections.abc import Sequence

Figures = dict[str, int | float]

NAMES = (
    "merges",
    "lost",
    "doubled",
    "delivery_to_first_op_p50_s",
    "delivery_to_first_op_p95_s",
    "poll_p95_s",
    "idle_poll_billed_requests",
    "payloads",
    "payload_errors",
    "forged",
    "forged_accepted",
    "doubled_after_502",
    "fork_variants",
    "fork_leaks",
)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many percent of the values lie, to a hundredth; of a single value that value."""
    if len(values) == 1:
        return round(values[0], 2)
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 2)
