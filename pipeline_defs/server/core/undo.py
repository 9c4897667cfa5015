"""Undo: which migrations are taken back when a release that failed is answered with the one that ran before it."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline_defs.release.database_rollback import revision_after_failure
from pipeline_defs.release.evidence import StepTiming, WayBack
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.task import Task


def undoing_migrations(
    task: Task,
    failed: Release | None,
    back_to: Release | None,
    verdict: WayBack | None,
    steps: Sequence[StepTiming],
    revision_before: str | None,
    revision: str | None,
) -> Task:
    """The task that also takes back the migrations which `failed` has made, where the rehearsal says that `back_to` needs that.

    Args:
        verdict: what the rehearsal of the release that failed said; it counts only where it is about `back_to`.
        steps: what was executed; empty where nobody could write it down.
        revision_before, revision: the database's revision before and after, where known.
    """
    if verdict is None or back_to is None or verdict.digest != back_to.digest:
        return replace(task, downgrade_to=None)
    downgrade_to = revision_after_failure(verdict, steps, revision_before, revision)
    return replace(task, migrated=failed, downgrade_to=downgrade_to)
