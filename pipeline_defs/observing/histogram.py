"""Histogram: how long things took, as counts between bounds; Prometheus calls it a histogram. A million take no more room than one."""

from bisect import bisect_left
from itertools import accumulate

from pydantic import BaseModel, Field

BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds. A delivery takes part of the first one, a rehearsal of a large database the last."""


class Distribution(BaseModel):
    """Times in seconds: how many lay between each two bounds, the last beyond all of them, and their sum."""

    counts: list[int] = Field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """One more. A time that is negative, as clocks can make it, counts as none."""
        seconds = max(seconds, 0.0)
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants it: of each bound, how many took at most so long."""
        names = [*map(str, BOUNDS), "+Inf"]
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))
