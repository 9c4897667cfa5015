"""Rehearsal reuse: when the rehearsal of a pull request stands for that of its merge. Pure."""

from collections.abc import Collection

from pipeline_defs.release.records import Ground, Outcome, Rehearsal


def stands_for(earlier: Rehearsal, now: Ground, *, changed: Collection[str], last_attempt: str) -> bool:
    """Whether what a pull request's rehearsal has shown is still so for its merge.

    Args:
        now: what a rehearsal of the merge would rest on.
        changed: the files in which the merged commit differs from the head that was rehearsed.
        last_attempt: the id of the newest deployment or rollback in the environment that is rehearsed, empty before there is any.
    """
    passed = earlier.outcome is Outcome.SUCCEEDED and earlier.pull > 0
    return passed and earlier.ground == now and now.known and not changed and last_attempt < earlier.id
