"""Transition: what bringing a site to a release takes, from what Compose told of it; and what that changes besides the image is said."""

from dataclasses import replace

from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.snapshot import UNFINISHED, Snapshot, take_snapshot
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.alterations import alterations
from pipeline_defs.server.state.described_services import (
    DESCRIBED,
    RUNNING,
    DescribedServices,
    read_description,
    running_services,
)
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges, service_changes


def to_release(task: Task, facts: Facts, execution: Execution, *, back: bool = False) -> ServiceChanges:
    """What bringing the site to the task's release takes; `back` to one that ran before. Raises ServerError."""
    site, release = task.site, task.release
    assert release is not None
    described = read_description(site, execution.facts[DESCRIBED], site.folder(release))
    for each in alterations(site, running_services(site, execution.facts.get(RUNNING), facts.folder), described):
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


def to_current(task: Task, server: Runner, facts: Facts, execution: Execution, ran: Snapshot | None) -> ServiceChanges:
    """What bringing the site back to the release that `current` names takes, where `ran` ran before. Raises ServerError.

    What runs is asked anew, since it may have been changed after the facts were gathered.
    """
    assert facts.folder is not None
    described = read_description(task.site, execution.facts[DESCRIBED], facts.folder)
    seen = take_snapshot(task.site, server, UNFINISHED) or facts.seen
    return _change(task, described, seen, once_more=False, ran=ran)


def _change(
    task: Task, described: DescribedServices, seen: Snapshot, *, once_more: bool, ran: Snapshot | None = None
) -> ServiceChanges:
    try:
        return service_changes(task.site, described, seen, once_more=once_more, ran=ran)
    except ValueError as error:
        raise ServerError(f"{task.site}: {task.site.config.compose}: {error}") from None
