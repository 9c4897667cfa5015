"""What goes wrong between a client and GitHub, on request."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tests.testbed.github.rest import DOCUMENTATION, Answer

KINDS = ("before", "after", "secondary", "exhausted", "too_many", "slow", "closed", "closed_after", "odd")
SECONDARY = f"You have exceeded a secondary rate limit. Please wait a few minutes before you try again. {DOCUMENTATION}"


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong for requests whose method and path match.

    `kind` is one of KINDS: `before` answers `status` and does nothing; `after` does what was asked and answers `status`;
    `secondary` is 403 with Retry-After; `exhausted` 403 with X-RateLimit-Remaining 0; `too_many` 429; `slow` waits `seconds`;
    `closed` and `closed_after` close the connection without an answer; `odd` is a 200 that says "Branch not found".
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    times: int | None = 1
    """How many requests it hits; None means every one."""
    probability: float = 1.0
    status: int = 502
    seconds: float = 1.0
    """What `slow` waits, and what Retry-After and the reset say to wait."""
    hits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is none of {', '.join(KINDS)}")

    @property
    def acts(self) -> bool:
        """True when the request is carried out all the same."""
        return self.kind in ("after", "slow", "closed_after")

    @property
    def silent(self) -> bool:
        """True when no answer is sent."""
        return self.kind.startswith("closed")

    def answer(self, now: float) -> Answer:
        """What is answered in place of the real answer."""
        wait = {"Retry-After": str(max(1, round(self.seconds)))}
        if self.kind == "secondary":
            return Answer({"message": SECONDARY, "documentation_url": DOCUMENTATION}, 403, wait)
        if self.kind == "too_many":
            return Answer({"message": SECONDARY, "documentation_url": DOCUMENTATION}, 429, wait)
        if self.kind == "exhausted":
            spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(now + self.seconds) + 1)}
            message = "API rate limit exceeded for user ID 1001."
            return Answer({"message": message, "documentation_url": DOCUMENTATION}, 403, spent)
        if self.kind == "odd":
            return Answer({"message": "Branch not found", "documentation_url": DOCUMENTATION}, 200)
        return Answer({"message": "Server Error"}, self.status)


class Faults:
    """The faults that are waiting, the first that matches is taken."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Let this happen."""
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request."""
        for fault in self.waiting:
            if not re.fullmatch(fault.method, method) or not re.search(fault.path, path):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.hits.append(f"{method} {path}")
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            return fault
        return None
