"""Figures: what the parts measure, by the names under which they are printed."""

from collections.abc import Callable

Figures = dict[str, int | float]
Tell = Callable[[str], None]
"""Takes one line about how it goes."""

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


class Failed(Exception):
    """A part could not be measured; the message is a sentence."""
