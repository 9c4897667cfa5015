"""Admission recheck: a deployment is asked about once more under the lock, when it is known what runs on the servers."""

from collections.abc import Sequence

from pipeline_defs.release.admission_rules import Admission, HostFacts, Requester, Snapshot, admit
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.task import Task


def expect_admitted(task: Task, facts: Sequence[HostFacts]) -> None:
    """Raise ServerError where `task.release` may not be deployed on what the servers say, those of all hosts that are changed."""
    refusal = _asked(task, facts).refusal
    if refusal:
        raise ServerError(f"{task.site}: {refusal}")


def _asked(task: Task, facts: Sequence[HostFacts]) -> Admission:
    if task.admitted is not None:
        return task.admitted(facts)
    return admit(task.release, Snapshot(task.app.name, task.environment), facts, Requester())
