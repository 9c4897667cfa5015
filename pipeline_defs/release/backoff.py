"""Backoff: what fails again and again is tried in growing distances, and told once."""

from collections.abc import Callable


class Backoff:
    """When each of several things that fail is tried next: at once, after the usual pause, then twice as long each time, up to a limit."""

    def __init__(self, usual: float, longest: float, clock: Callable[[], float]) -> None:
        """`usual`, `longest`: seconds, as `clock` counts them."""
        self._usual, self._longest, self._clock = usual, longest, clock
        self._failures: dict[str, int] = {}
        self._next: dict[str, float] = {}

    def rests(self, what: str) -> float:
        """Seconds until it is tried again; 0 where it may be tried now."""
        return max(0.0, self._next.get(what, 0.0) - self._clock())

    def failed(self, what: str) -> bool:
        """It failed. True for the first time in a row: then somebody is told."""
        times = self._failures.get(what, 0)
        self._failures[what] = times + 1
        if times:
            self._next[what] = self._clock() + pause(times - 1, self._usual, self._longest)
        return times == 0

    def worked(self, what: str) -> None:
        """It worked: failures before it count no more."""
        self._failures.pop(what, None)
        self._next.pop(what, None)


def pause(times: int, usual: float, longest: float) -> float:
    """Seconds to wait after something failed, `times` being how often it had failed in a row before."""
    return min(usual * 2.0 ** min(times, 30), longest)
