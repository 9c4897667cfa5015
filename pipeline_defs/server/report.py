"""Report: from what a procedure executed to what is told about it."""

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server.journal import log_path
from pipeline_defs.server.procedure import Execution
from pipeline_defs.server.task import Report, Task


def report(
    task: Task,
    execution: Execution,
    outcome: Outcome,
    error: str | None,
    *,
    previous: Release | None = None,
    live: Release | None = None,
) -> Report:
    """What an execution came to, as a report."""
    return Report(
        outcome=outcome,
        steps=tuple(execution.steps),
        tests=execution.counts.get("tests"),
        e2e=execution.counts.get("e2e"),
        revision=execution.facts.get("revision"),
        backup=execution.facts.get("backup"),
        database_bytes=execution.facts.get("database_bytes"),
        previous=previous,
        live=live,
        changed=execution.changed,
        error=error,
        log=log_path(task.site, task),
    )
