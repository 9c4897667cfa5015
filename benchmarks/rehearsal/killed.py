"""Killed: rehearsals are ended by SIGKILL at every step; production stays what it was, and the next rehearsal passes."""

from benchmarks.rehearsal.figures import Failed, Figures, Tell
from benchmarks.rehearsal.ground import Ground
from tests.bad_images import breaks_the_old_version
from tests.killed import Point
from tests.kills import Kills

AMID = (
    *("backup", "volume created", "database up", "restore", "sanitize", "rest up", "migrate", "test", "e2e"),
    *("way back start", "way back downgrade", "way back downgraded e2e", "down", "copy removed"),
)
"""Steps that rehearsals are killed in the middle of, besides right before they begin."""

_NO_STEPS = ("append", "cat", "end")
"""What is said on the way: text for the log, results that are read, what a dead run left running."""

_FULL_EVERY = 5
"""Every rehearsal makes good what the one before it left, up to where it is killed itself; after so many one goes to its end."""


def measure(ground: Ground, tell: Tell) -> Figures:
    """Kill at each point, compare production with what it was, and rehearse on."""
    kills = Kills(ground.shop, ground.server, breaks_the_old_version(ground.shop))
    seconds = kills.seconds_by_step()
    if not seconds:
        raise Failed(kills.failed[0])
    points = list(_points(seconds))
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


def _points(seconds: dict[str, float]) -> list[Point]:
    """Before each step, and in the middle of some."""
    found = []
    for step, took in seconds.items():
        if step not in _NO_STEPS:
            found.append(Point(step))
        if step in AMID:
            found.append(Point(step, after=took / 2))
    return found
