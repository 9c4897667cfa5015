"""Figures: what the parts measure, by the names under which they are printed."""

from collections.abc import Callable

Figures = dict[str, int | float | None]
Tell = Callable[[str], None]
"""Takes one line about how it goes."""

NAMES = (
    "changes",
    "unaccounted",
    "doubled",
    "runs_per_minute_one_worker",
    "runs_per_minute_two_workers",
    "queue_p50_s_one_worker",
    "queue_p95_s_one_worker",
    "queue_p50_s_two_workers",
    "queue_p95_s_two_workers",
    "two_over_one",
)


class Failed(Exception):
    """A part could not be measured; the message is a sentence."""
