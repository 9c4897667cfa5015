"""Fair share: whose run goes next in the queue, so that an app with many of them keeps no other one waiting.

A run's turn is a moment. It goes before all that have a later one, and no turn is before the moment in which it is given: whoever
comes once a run's turn has passed goes behind it, so that nobody waits for ever. Zhang's virtual clock does the same for packets.
"""

from collections.abc import Iterable, Mapping

from pipeline_defs.release.records import DeploymentKind

PRIORITY = "dagster/priority"
"""The run tag by which Dagster's queue is ordered, the greatest number first."""

SHARE = "share"
"""The run tag that counts against an app's share of the places: the app's name, on each run that changes no environment."""

SECONDS = 300
"""By which a run that waits puts back the turn of its app's next one: about what a run takes."""

_RANK = 10**11  # more than any moment in seconds, so that no turn makes up for a rank
_RANKS = {DeploymentKind.ROLLBACK.value: 2, DeploymentKind.DEPLOY.value: 1}


def rank(tags: Mapping[str, str]) -> int:
    """What goes before what, whoever has waited longer: rollbacks, then deployments, then all that changes nothing people use."""
    return _RANKS.get(tags.get("kind", ""), 0)


def turn(now: int, waiting: Iterable[int]) -> int:
    """The turn of a run that comes now (seconds since 1970); `waiting` are the turns of its app's that wait, of the same rank."""
    return max([now, *(each + SECONDS for each in waiting)])


def priority(tags: Mapping[str, str], of_turn: int) -> int:
    """The number by which Dagster orders a run with these tags and this turn."""
    return rank(tags) * _RANK - of_turn


def turn_of(tags: Mapping[str, str]) -> int | None:
    """The turn that a run was given; None where a person gave it a number of another kind."""
    given = tags.get(PRIORITY, "")
    found = rank(tags) * _RANK - int(given) if given.removeprefix("-").isdecimal() else 0
    return found if 0 < found < _RANK else None


def shares(tags: Mapping[str, str], job: str) -> dict[str, str]:
    """The tag that counts a run against its app's share. What changes an environment has a limit of its own, by its target."""
    return {} if tags.get("target") else {SHARE: tags.get("app", job)}
