"""The control API: what tests and demos do to the stand-in, as people, as GitHub's staff, or as bad luck.

Arguments and answers are plain values (names, numbers, SHAs, dictionaries), so that it is the same over HTTP.
"""

from __future__ import annotations

from pathlib import Path

from tests.testbed.github.control_people import People
from tests.testbed.github.control_review import Review
from tests.testbed.github.deliveries import Trouble
from tests.testbed.github.faults import Fault
from tests.testbed.github.hooks import add_hook
from tests.testbed.github.records import Json
from tests.testbed.github.schema import Checks
from tests.testbed.github.world import World


class Control(People, Review):
    """All of it, on one world."""

    def __init__(self, root: Path, validate: bool = True, seed: int = 1) -> None:
        self.world = World(root, seed)
        self.checks = Checks(validate)
        self.world.deliveries.checks = self.checks
        self.errors: list[str] = []
        """What went wrong in the stand-in itself."""

    @property
    def schema_errors(self) -> list[str]:
        """Answers and payloads that GitHub's published description does not allow; empty when all is well."""
        return self.checks.errors + self.errors

    # ---- faults

    def fail(
        self,
        kind: str,
        method: str = ".*",
        path: str = ".*",
        times: int | None = 1,
        probability: float = 1.0,
        status: int = 502,
        seconds: float = 1.0,
    ) -> None:
        """Let the next `times` requests fail whose method matches and whose path contains a match; see Fault for kinds.

        The path is without `/api/v3`; git's own requests have paths that begin with `/git/`.
        """
        with self.world.lock:
            self.world.faults.add(Fault(kind, method, path, times, probability, status, seconds))

    def clear_faults(self) -> None:
        """Nothing goes wrong any more, with requests or deliveries."""
        with self.world.lock:
            self.world.faults.clear()
            self.world.deliveries.trouble = Trouble()

    def fail_deliveries(self, drop: float = 0.0, duplicate: float = 0.0, delay: float = 0.0) -> None:
        """Drop deliveries or send them 2 to 5 times, each with a probability; delay each by up to so many seconds."""
        with self.world.lock:
            self.world.deliveries.trouble = Trouble(drop, duplicate, delay)

    def seed(self, number: int) -> None:
        """Let chance begin anew."""
        with self.world.lock:
            self.world.random.seed(number)
            self.world.deliveries.random.seed(number)

    # ---- requests

    def requests(self) -> Json:
        """Counters since the last `reset_requests`: total, billed, not_modified, routes (by method and path), statuses."""
        with self.world.lock:
            return self.world.counts.report()

    def reset_requests(self) -> None:
        """Begin to count anew."""
        with self.world.lock:
            self.world.counts.clear()

    def use_up_rate_limit(self, login: str, remaining: int = 0) -> None:
        """Leave a person's tokens so many requests for this hour."""
        with self.world.lock:
            self.world.counts.use_up(login, remaining)

    # ---- webhooks

    def create_hook(self, repo: str, url: str, secret: str | None = None, events: list[str] | None = None) -> int:
        """A webhook for these events (default: all), which is pinged. Returns its id."""
        with self.world.lock:
            found = self.world.repo(repo)
            return add_hook(self.world, found, url, secret, events or ["*"], "json", None).id

    def settle(self, seconds: float = 10) -> bool:
        """Wait until all deliveries were made; False when that takes longer."""
        return self.world.deliveries.settled(seconds)

    # ---- the server itself

    def set_clock(self, skew: float) -> None:
        """Let its clock be so many seconds ahead of this machine's."""
        with self.world.lock:
            self.world.skew = skew

    def set_mergeable_after(self, reads: int) -> None:
        """How many reads of a pull request answer `mergeable: null` before it is computed (default 1)."""
        with self.world.lock:
            self.world.mergeable_after = reads

    def problems(self) -> list[str]:
        """What `schema_errors` has, for a stand-in in another process."""
        return self.schema_errors
