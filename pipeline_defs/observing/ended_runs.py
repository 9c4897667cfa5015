"""Ended runs: which runs have ended since the last look, each of them once, without reading any that ended long ago."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

LATE = 30.0
"""Seconds after its end in which a run may still become visible: a change is dated before it is written."""


@dataclass(frozen=True)
class Ended:
    """A run that is over; `at` is when it ended, in seconds since 1970."""

    run_id: str
    at: float


class Cursor(BaseModel):
    """What was counted: all runs that ended up to `floor`, in seconds since 1970, and these that ended since, by id."""

    floor: float
    counted: dict[str, float] = {}

    def fresh(self, ended: Iterable[Ended]) -> list[Ended]:
        """Those that were not counted, the one that ended first first."""
        new = (run for run in ended if run.at > self.floor and run.run_id not in self.counted)
        return sorted(new, key=lambda run: (run.at, run.run_id))

    def after(self, taken: Sequence[Ended], *, looked: float, all_of_them: bool) -> "Cursor":
        """The cursor once these were counted, the first of what was fresh when the storage was looked at.

        It never goes beyond what may still become visible, and where some were left for the next look not to the end of the last
        that was taken, at which another one may have ended.
        """
        floor = looked - LATE
        if not all_of_them:
            floor = min(floor, max((run.at for run in taken if run.at < taken[-1].at), default=self.floor))
        floor = max(floor, self.floor)
        counted = self.counted | {run.run_id: run.at for run in taken}
        return Cursor(floor=floor, counted={run_id: at for run_id, at in counted.items() if at > floor})
