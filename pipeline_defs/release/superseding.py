"""Superseding: of several heads of one branch the newest is the one that counts."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """One place a branch, or a pull request, has been at. `begun`: its run has started, or has ended."""

    commit: str
    begun: bool = False


@dataclass(frozen=True)
class Superseding:
    """What becomes of the heads of one branch: `runs` are answered, `superseded` are not: {commit: the head that answers for it}."""

    runs: tuple[str, ...]
    superseded: dict[str, str]


def supersede(heads: Sequence[Head]) -> Superseding:
    """Which heads of one branch run; `heads` are oldest first.

    The newest runs. What has begun goes on: a deployment is not left half-done, and evidence that was paid for is kept. All
    others are superseded by the newest, which holds their commits too, or was put in their place. A branch that came
    back to a commit where it had been before is there again: its last place counts.
    """
    last = {head.commit: number for number, head in enumerate(heads)}
    begun = {head.commit for head in heads if head.begun}
    order = sorted(last, key=lambda commit: last[commit])
    newest = order[-1] if order else ""
    runs = tuple(commit for commit in order if commit == newest or commit in begun)
    return Superseding(runs, {commit: newest for commit in order if commit not in runs})
