"""Locked facts: the facts about a site under its lock, which is taken for one procedure, or held by the fleet that this is a part of."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline_defs.server.core.chain import Chain
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.journal import marks
from pipeline_defs.server.core.lock import locked
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.facts import Facts, facts_command, gather_facts, parse_facts


@contextmanager
def locked_facts(task: Task, server: Runner, execution: Execution) -> Iterator[Facts]:
    """The facts, true for as long as the lock is held. What the execution notes is written at the end.

    Raises ServerError when the server lacks what a deployment needs, or the lock is not to be had.
    """
    site = task.site
    if not task.token:
        with locked(site, task, server, execution.notes, facts_command(site)) as lock:
            execution.token = lock.token
            yield parse_facts(site, lock.answers[0])
        return
    execution.token = task.token
    try:
        yield gather_facts(site, server)
    finally:
        notes = execution.notes.links(site, task)
        if notes:
            with suppress(ServerError):  # must not hide what happened under the lock
                server.run(Chain(notes, marks(site, task)).command, timeout=60)
