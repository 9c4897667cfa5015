"""Tick order: where there is more to look at than one tick should cost, those that were looked at longest ago come first."""

from collections.abc import Collection

SECONDS = 4
"""Between two ticks of a sensor that notices what happens. The daemon's floor is 5 s, and 5 would become 10."""


class Turns:
    """Gives each of many its turn, so many in one tick."""

    def __init__(self, most: int) -> None:
        """`most` have their turn in one tick."""
        self._most = most
        self._number = 0
        self._last: dict[str, int] = {}

    def next(self, names: Collection[str]) -> list[str]:
        """Those whose turn it is."""
        chosen = sorted(names, key=lambda name: self._last.get(name, 0))[: self._most]
        for name in chosen:
            self._number += 1
            self._last[name] = self._number
        return chosen
