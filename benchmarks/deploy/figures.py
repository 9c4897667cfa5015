"""Figures: what the parts measure, by the names under which they are printed."""

Figures = dict[str, int | float]

NAMES = (
    "deployments",
    "requests",
    "failed_requests",
    "longest_gap_s",
    "kill_points",
    "broken",
    "unrecorded",
    "failed_requests_after_kill",
    "slowest_convergence_s",
    "most_at_once",
    "interleaved",
    "crash_loop_refused_s",
    "mixed_fleets",
)
