"""Account: what became of each change, by the runs as Dagster's API has them."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.support.service_page import OVER

RUNS = "{ runsOrError { ... on Runs { results { status creationTime startTime endTime tags { key value } } } } }"
"""The question whose results `account` takes."""


@dataclass
class Outcome:
    """What became of the changes, by their heads.

    Attributes:
        unaccounted: heads without a run, or with one that is not over, or was given up without a word for what.
        doubled: heads with several runs.
        ended: how many ended how.
        waited: seconds from a run's making to its first op, of those that were executed.
        per_minute: how many were executed in a minute, from the first one's begin to the last one's end.
    """

    unaccounted: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ended: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waited: list[float] = field(default_factory=list)
    per_minute: float = 0.0


def account(runs: list[dict[str, Any]], heads: list[str]) -> Outcome:
    """What became of these heads, by the runs as Dagster's API has them."""
    found, of_head = Outcome(), defaultdict(list)
    for run in runs:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        if tags.get("change", "").startswith("merge:"):
            of_head[tags["head"]].append((run, tags))
    for head in heads:
        if len(of_head[head]) > 1:
            found.doubled.append(head)
        how = _end(of_head[head])
        if how is None:
            found.unaccounted.append(head)
        else:
            found.ended[how] += 1
    executed = [run for made in of_head.values() for run, _ in made if _has_begun(run) and run["endTime"]]
    if executed:
        found.waited = sorted(run["startTime"] - run["creationTime"] for run in executed)
        begin, end = min(run["startTime"] for run in executed), max(run["endTime"] for run in executed)
        found.per_minute = len(executed) * 60 / (end - begin)
    return found


def _end(made: list[tuple[dict[str, Any], dict[str, str]]]) -> str | None:
    """How a change ended: executed, failed to start, superseded; None where nobody can say."""
    if not made or any(run["status"] not in OVER for run, _ in made):
        return None
    run, tags = made[0]
    if run["status"] != "CANCELED":
        return "executed" if _has_begun(run) else "failed to start"
    return "superseded" if tags.get("superseded_by") else None


def _has_begun(run: dict[str, Any]) -> bool:
    """True for a run that was executed. One that ended before that has, in Dagster's answer, begun at its end."""
    return run["startTime"] is not None and run["startTime"] != run["endTime"]
