"""Killed: deployments and rollbacks are ended by SIGKILL at every journal write and every remote command, while people ask."""

from itertools import chain, zip_longest

from benchmarks.deploy.asking import asking
from benchmarks.deploy.figures import Figures
from benchmarks.deploy.ground import Ground
from benchmarks.deploy.recovered import STEPS, recovered
from benchmarks.parts import Failed, Tell
from tests.support.killed_deployments import DeployKills
from tests.support.killer import Point

AGAIN = ("begin migrate", "end beside", "begin route", "end route", "end switch", "begin drain")
"""Points at which a deployment of the release that runs already is killed, besides: two containers of one release are there then."""


def measure(ground: Ground, tell: Tell, every: int = 1) -> Figures:
    """Kill at each point, have the next run recover, and look at what people get and what runs. `every`: only each of so many points."""
    kills = DeployKills(ground.app, ground.server, ground.first, ground.second)
    wanted = {what: [Point(each) for each in _worth(kills.moments(what))[::every]] for what in ("deploy", "rollback")}
    pairs = zip_longest(*([(what, point) for point in points] for what, points in wanted.items()))
    points = [each for each in chain.from_iterable(pairs) if each]
    points += [("deploy", Point(moment)) for moment in AGAIN]
    with asking(ground.app.url) as asked:
        for number, (what, point) in enumerate(points, start=1):
            kills.kill(what, point)
            wrong = (
                f"{len(kills.missed)} missed, {len(kills.broken)} broken, {len(kills.unrecorded)} unrecorded until now"
            )
            tell(f"kill {number} of {len(points)}: {what}, {point}; {wrong}, slowest recovery {kills.slowest:.1f} s")
    by_itself = recovered(ground)
    kills.broken += by_itself.broken
    kills.unrecorded += by_itself.unrecorded
    for name in ("missed", "broken", "unrecorded"):
        for line in getattr(kills, name):
            tell(f"{name}, {line}")
    for failure in asked.failed:
        tell(f"a request failed, {failure}")
    if kills.missed:
        raise Failed(f"{len(kills.missed)} kills could not be made, first {kills.missed[0]}")
    return {
        "kill_points": len(points) + len(STEPS),
        "broken": len(kills.broken),
        "unrecorded": len(kills.unrecorded),
        "failed_requests_after_kill": len(asked.failed),
        "slowest_convergence_s": round(max(kills.slowest, by_itself.slowest), 1),
    }


def _worth(moments: list[str]) -> list[str]:
    """Each of them once; what a round trip has answered and what is sent next are one moment."""
    return [moment for moment in dict.fromkeys(moments) if not moment.startswith("answered ")]
