"""How often the server was asked, and the rate limit.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.testbed.github.access import Actor
    from tests.testbed.github.records import Json
    from tests.testbed.github.world import World

LIMIT = 5000
ANONYMOUS_LIMIT = 60
HOUR = 3600


class Counts:
    """Counts requests to the API; one answered with 304 is counted, but costs nothing of the rate limit."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.limit = LIMIT
        self._used: Counter[str] = Counter()
        self._reset: dict[str, float] = {}
        self.clear()

    def clear(self) -> None:
        """Begin to count anew; the rate limit is not touched."""
        self.total = self.billed = self.not_modified = 0
        self.routes: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def count(self, name: str, status: int, actor: Actor) -> None:
        """One more request to the route of that name."""
        self.total += 1
        self.routes[name] += 1
        self.statuses[status] += 1
        if status == 304:
            self.not_modified += 1
        elif not name.endswith(" /rate_limit"):
            self.billed += 1
            self._renew(actor.budget)
            self._used[actor.budget] += 1

    def exhausted(self, actor: Actor) -> bool:
        """True when the sender has to wait."""
        self._renew(actor.budget)
        return self._used[actor.budget] >= self._limit(actor.budget)

    def rate(self, budget: str) -> Json:
        """The rate limit as `GET /rate_limit` says it."""
        self._renew(budget)
        limit, used = self._limit(budget), self._used[budget]
        reset = int(self._reset.get(budget, self._world.now() + HOUR))
        return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": reset}

    def headers(self, budget: str) -> dict[str, str]:
        """The rate limit as every answer says it."""
        rate = {f"X-RateLimit-{name.title()}": str(value) for name, value in self.rate(budget).items()}
        return rate | {"X-RateLimit-Resource": "core"}

    def report(self) -> Json:
        """All counters."""
        return {
            "total": self.total,
            "billed": self.billed,
            "not_modified": self.not_modified,
            "routes": dict(self.routes),
            "statuses": {str(status): count for status, count in self.statuses.items()},
        }

    def use_up(self, budget: str, remaining: int = 0) -> None:
        """Leave so many requests until the hour is over."""
        self._renew(budget)
        self._used[budget] = self._limit(budget) - remaining
        self._reset.setdefault(budget, self._world.now() + HOUR)

    def _limit(self, budget: str) -> int:
        return ANONYMOUS_LIMIT if budget == "anonymous" else self.limit

    def _renew(self, budget: str) -> None:
        now = self._world.now()
        if self._reset.setdefault(budget, now + HOUR) <= now:
            self._reset[budget] = now + HOUR
            self._used[budget] = 0
