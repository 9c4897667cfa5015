"""Merge queue: the branches on which GitHub's merge queue has merges checked before it makes them.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

QUEUE_PREFIX = "gh-readonly-queue/"
"""How the names of these branches begin; the name of the base branch follows."""

QUEUE_BOT = "github-merge-queue[bot]"
"""The account that makes these branches."""

_ENTRY = re.compile(r"pr-([1-9][0-9]{0,8})-([0-9a-f]{40}(?:[0-9a-f]{24})?)")


@dataclass(frozen=True)
class QueueBranch:
    """A branch of the queue, such as `gh-readonly-queue/main/pr-7-<commit>`.

    Attributes:
        base: the branch that the queue merges into.
        pull: the number of the newest pull request in it, 0 where the name does not say.
        since: the commit that it was made from; empty where the name does not say.
    """

    name: str
    base: str
    pull: int = 0
    since: str = ""


def queue_branch(name: str, bases: Collection[str]) -> QueueBranch | None:
    """The queue's branch with this name; None for any other, and for one whose base is none of `bases`."""
    found = [base for base in bases if name.startswith(f"{QUEUE_PREFIX}{base}/")]
    if not found:
        return None
    base = max(found, key=len)
    entry = _ENTRY.fullmatch(name.removeprefix(f"{QUEUE_PREFIX}{base}/"))
    return QueueBranch(name, base, int(entry[1]), entry[2]) if entry else QueueBranch(name, base)
