"""Kills: rehearsals that are killed one after the other, each compared with what production was before."""

from dataclasses import dataclass, field

from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.support.environment_state import State, differences, left_of, state_of
from tests.support.killer import Point, kill
from tests.support.moments import Moments
from tests.support.quick_shop import quick, rehearsal
from tests.support.shop import Shop


@dataclass
class Kills:
    """Kills the rehearsals of a release that needs a downgrade for its way back, so that each has every step there is.

    Attributes:
        changed: what was found different in production after a kill, by its point.
        failed: rehearsals after a kill that did not go as they should.
    """

    shop: Shop
    server: Connection
    release: Release
    changed: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._production = Site.of(self.shop.app, "production")
        self._before: State = state_of(self._production, self.server)

    def kill(self, point: Point) -> None:
        """Kill a rehearsal there. That it comes so far shows that the kill before it was made good."""
        failure = kill("rehearse", self.shop, self.release, point)
        if failure is not None:
            self.failed.append(f"to be killed at {point}: {failure}")
        self._compare(str(point))

    def passes(self, after: str) -> None:
        """The next rehearsal, which nobody kills, has to pass and to leave nothing behind."""
        found = self.moments(after)
        left = left_of(Site.of(self.shop.app, "staging"), self.server)
        if found and left:
            self.failed.append(f"after {after}: left behind {left}")
        self._compare(f"{after}, and a rehearsal")

    def moments(self, after: str = "nothing") -> list[str]:
        """Rehearse to the end: every moment of it, in order; none where it failed."""
        found: list[str] = []
        watched = Moments(self.server, found.append)
        report = rehearse(rehearsal(quick(self.shop, "staging"), self.release), watched, self._production)
        if report.error or report.way_back is None or report.way_back.verdict is not Verdict.NEEDS_DOWNGRADE:
            self.failed.append(f"after {after}: {report.error or report.way_back}")
            return []
        return found

    def _compare(self, when: str) -> None:
        found = differences(self._before, state_of(self._production, self.server))
        if found:
            self.changed[when] = found
            self._before = state_of(self._production, self.server)
