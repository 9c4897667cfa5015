"""Run cursor: up to which moment the runs of a storage were taken up."""

from collections.abc import Callable

from pydantic import BaseModel

OVERLAP = 30.0
"""Seconds: a run's change may become visible a little after a later one."""


class RunCursor(BaseModel):
    """What a sensor that looks at runs keeps of those it has taken up.

    Attributes:
        since: when the newest of the runs taken up had changed, seconds since 1970.
        seen: those that changed shortly before it, {run: time}, because they are found again.
    """

    since: float
    seen: dict[str, float] = {}

    def news(self, changed: Callable[[float, int], dict[str, float]], most: int) -> dict[str, float]:
        """The runs that changed since, {run: time}, the one that changed first first; `most` of them at most.

        `changed` finds the runs that changed after a time, so many at most. Those that changed shortly before are found again, and
        are known.
        """
        found = changed(self.since - OVERLAP, most + len(self.seen))
        new = [(run, at) for run, at in found.items() if self.seen.get(run) != at]
        return dict(new[:most])

    def move_on(self, run: str, changed: float) -> None:
        """A run was taken up as it was when it changed then."""
        self.since = max(self.since, changed)
        self.seen[run] = changed
        self.seen = {name: at for name, at in self.seen.items() if at >= self.since - OVERLAP}
