"""Procedure report: from what a procedure executed to what is told about it."""

from pipeline_defs.release.evidence import Copy, WayBack
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.execution import FAILED_HOOKS, UNPROVED, Execution
from pipeline_defs.server.core.journal import log_path
from pipeline_defs.server.core.task import Report, Task


def report(
    task: Task,
    execution: Execution,
    outcome: Outcome,
    error: str | None,
    *,
    previous: Release | None = None,
    live: Release | None = None,
    way_back: WayBack | None = None,
    changes: tuple[str, ...] = (),
    left: tuple[str, ...] = (),
) -> Report:
    """What an execution came to, as a report. `changes` is what it has changed, where it failed; what succeeded counts as a change."""
    return Report(
        outcome=outcome,
        steps=tuple(execution.steps),
        tests=execution.counts.get("tests"),
        e2e=execution.counts.get("e2e"),
        revision_before=execution.facts.get("revision_before"),
        revision=execution.facts.get("revision"),
        migrations=execution.facts.get("migrations", ()),
        backup=execution.facts.get("backup"),
        copied=_copied(execution),
        way_back=way_back,
        previous=previous,
        live=live,
        changed=bool(changes) or outcome is Outcome.SUCCEEDED,
        changes=changes,
        left=left,
        error=error,
        last_words=execution.last_words if error else "",
        log=log_path(task.site, task),
        unproved=execution.facts.get(UNPROVED),
        failed_hooks=tuple(execution.facts.get(FAILED_HOOKS, ())),
    )


def _copied(execution: Execution) -> Copy | None:
    """The copy that a rehearsal restored; None where it did not come so far, or there was nothing to copy."""
    seconds = {step.step: step.seconds for step in execution.steps if step.outcome == "done"}
    if StepName.RESTORE not in seconds or "dump" not in execution.facts:
        return None
    return Copy(
        **execution.facts["dump"],
        backup_seconds=seconds[StepName.BACKUP],
        restore_seconds=seconds[StepName.RESTORE],
        sanitized=execution.facts.get("sanitized", False),
    )
