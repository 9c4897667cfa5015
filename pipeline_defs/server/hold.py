"""Hold: the facts about a site under its lock, which is taken for one procedure, or held by the fleet that this is a part of."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline_defs.server.chain import Chain
from pipeline_defs.server.command import Runner, ServerError
from pipeline_defs.server.execution import Execution
from pipeline_defs.server.facts import Facts, gather, learn, understand
from pipeline_defs.server.journal import marks
from pipeline_defs.server.lock import locked
from pipeline_defs.server.task import Task


@contextmanager
def held(task: Task, server: Runner, execution: Execution) -> Iterator[Facts]:
    """The facts, true for as long as the lock is held. What the execution notes is written at the end.

    Raises ServerError when the server lacks what a deployment needs, or the lock is not to be had.
    """
    site = task.site
    if not task.token:
        with locked(site, task, server, execution.notes, gather(site)) as lock:
            execution.token = lock.token
            yield understand(site, lock.answers[0])
        return
    execution.token = task.token
    try:
        yield learn(site, server)
    finally:
        notes = execution.notes.links(site, task)
        if notes:
            with suppress(ServerError):  # must not hide what happened under the lock
                server.run(Chain(notes, marks(site, task)).command, timeout=60)
