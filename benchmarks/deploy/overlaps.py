"""Overlaps: which of several that should come one after the other were at work at the same time."""

import json
from collections import defaultdict
from datetime import datetime
from itertools import combinations

from pipeline_defs.server.core.command import Runner, script

Span = tuple[float, float]
"""From when to when, in seconds."""

_JOURNALS = 'cat "$1"/journal/*.jsonl'


def most_at_once(spans: list[Span]) -> int:
    """The most that were at work at one moment. Who ends at the second at which another one begins was before it."""
    return max((sum(begin <= start < end for begin, end in spans) for start, _ in spans), default=0)


def interleaved(spans: list[Span]) -> int:
    """Pairs of which one did something between two deeds of the other."""
    return sum(one[0] < other[1] and other[0] < one[1] for one, other in combinations(spans, 2))


def journalled(server: Runner, directory: str) -> dict[str, Span]:
    """When each task did something on a server, by its journal, to the second."""
    said = server.run(script(_JOURNALS, directory), timeout=60)
    times: defaultdict[str, list[float]] = defaultdict(list)
    for line in said.stdout.splitlines():
        entry = json.loads(line)
        if entry["state"] != "said":
            times[entry["task"]].append(_seconds(entry["at"]))
    return {task: (min(found), max(found)) for task, found in times.items()}


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
