"""Killed: rehearsals are ended by SIGKILL at every step; production stays what it was, and the next rehearsal passes."""

from benchmarks.parts import Failed, Tell
from benchmarks.rehearsal.figures import Figures
from benchmarks.rehearsal.ground import Ground
from tests.support.bad_images import breaks_the_old_version
from tests.support.killed_rehearsals import Kills
from tests.support.killer import Point

AMID = (
    *("backup", "volume created", "database up", "restore", "sanitize", "rest up", "migrate", "test", "e2e"),
    *("way back start", "way back downgrade", "way back downgraded e2e", "down", "copy removed"),
)
"""Steps that rehearsals are killed in the middle of, besides right before they begin."""

_SOON = 0.3
"""Seconds after its beginning when such a step is amid what it does."""

_FULL_EVERY = 5
"""Every rehearsal makes good what the one before it left, up to where it is killed itself; after so many one goes to its end."""


def measure(ground: Ground, tell: Tell) -> Figures:
    """Kill at each point, compare production with what it was, and rehearse on."""
    kills = Kills(ground.shop, ground.server, breaks_the_old_version(ground.shop))
    moments = kills.moments()
    if not moments:
        raise Failed(kills.failed[0])
    points = _points(moments)
    for number, point in enumerate(points, start=1):
        kills.kill(point)
        tell(f"kill {number} of {len(points)}: {point}")
        if number % _FULL_EVERY == 0 or number == len(points):
            kills.passes(str(point))
    for when, found in kills.changed.items():
        tell(f"production changed, {when}: {'; '.join(found)}")
    for failed in kills.failed:
        tell(f"failed, {failed}")
    return {
        "kill_points": len(points),
        "production_changed": len(kills.changed),
        "next_rehearsal_failed": len(kills.failed),
    }


def _points(moments: list[str]) -> list[Point]:
    """At the beginning of each step, in the middle of some, and between two round trips."""
    found = []
    for moment in dict.fromkeys(moments):
        what, _, step = moment.partition(" ")
        if what in ("begin", "send"):
            found.append(Point(moment))
        if what == "begin" and step in AMID:
            found.append(Point(moment, after=_SOON))
    return found
