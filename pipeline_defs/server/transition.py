"""Transition: what bringing a site to a release takes, from what Compose told of it; and what that changes besides the image is said."""

from dataclasses import replace

from pipeline_defs.server.alterations import alterations
from pipeline_defs.server.change import Change, change
from pipeline_defs.server.command import Runner, ServerError
from pipeline_defs.server.described import DESCRIBED, RUNNING, Described, read, running
from pipeline_defs.server.execution import Execution
from pipeline_defs.server.facts import UNFINISHED, Facts
from pipeline_defs.server.snapshot import Snapshot, take
from pipeline_defs.server.task import Task


def to_release(task: Task, facts: Facts, execution: Execution, *, back: bool = False) -> Change:
    """What bringing the site to the task's release takes; `back` to one that ran before. Raises ServerError."""
    site, release = task.site, task.release
    assert release is not None
    described = read(site, execution.facts[DESCRIBED], site.folder(release))
    for each in alterations(site, running(site, execution.facts.get(RUNNING), facts.folder), described):
        task.say(f"besides the image: {each}")
    return _change(task, described, _left(task, facts.seen), once_more=not back)


def _left(task: Task, seen: Snapshot) -> Snapshot:
    """What of a site is still there when its turn comes. A restore removes the app's services, that of another database all."""
    database = task.site.config.database
    if task.restore_from is None:
        return seen
    if database is not None and database.commands:
        return Snapshot()
    return replace(seen, containers=tuple(each for each in seen.containers if each.service not in task.site.services))


def to_current(task: Task, server: Runner, facts: Facts, execution: Execution, ran: Snapshot | None) -> Change:
    """What bringing the site back to the release that `current` names takes, where `ran` ran before. Raises ServerError.

    What runs is asked anew, since it may have been changed after the facts were gathered.
    """
    assert facts.folder is not None
    described = read(task.site, execution.facts[DESCRIBED], facts.folder)
    seen = take(task.site, server, UNFINISHED) or facts.seen
    return _change(task, described, seen, once_more=False, ran=ran)


def _change(
    task: Task, described: Described, seen: Snapshot, *, once_more: bool, ran: Snapshot | None = None
) -> Change:
    try:
        return change(task.site, described, seen, once_more=once_more, ran=ran)
    except ValueError as error:
        raise ServerError(f"{task.site}: {task.site.config.compose}: {error}") from None
