"""Database copy: production's database as it is now, restored into staging's own."""

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import REMOVE_PROJECT
from pipeline_defs.server.core.command import Command, command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.database import Driver, driver
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.reset_database import reset_database, with_undo


def copy(task: Task, facts: Facts, production: Site, live: Facts) -> list[Step]:
    """Back up production, which serves on, take an earlier rehearsal down, and restore the backup into a database that is new."""
    release = task.release
    assert release is not None
    original, copied = driver(production, task.addresses), driver(task.site, task.addresses)
    filled = original is not None and copied is not None and _has_data(production, live)
    return shared_steps.in_order(
        _original(task, production, live, original) if filled else _nothing(production, live, copied),
        Step(StepName.DOWN, take_down(task.site)),
        shared_steps.pull_image(task, release),
        _anew(task, facts, copied) if copied else [],
        _restore(task, copied) if copied and filled else [],
    )


def _has_data(production: Site, live: Facts) -> bool:
    """What a first release that failed has left behind in production is nothing to rehearse on."""
    return live.current is not None and shared_steps.has_data(production, live)


def _nothing(production: Site, live: Facts, copied: Driver | None) -> list[Step]:
    lacks = "database" if live.current or copied is None else "release"
    on = "an empty database" if copied else "no database"
    return [
        Step(StepName.DATABASE_STATUS, _say(f"{production.environment} has no {lacks} yet: the rehearsal runs on {on}"))
    ]


def _original(task: Task, production: Site, live: Facts, original: Driver | None) -> list[Step]:
    """The status of production's database, its start where it stands still, whether there is room, and the backup."""
    assert original is not None
    room = original.room(task.site)
    start_and_back_up = shared_steps.back_up(production, task, live)
    return [
        Step(StepName.DATABASE_STATUS, original.status()),
        *start_and_back_up[:-1],
        *([Step(StepName.ROOM, room)] if room else []),
        *start_and_back_up[-1:],
    ]


def _anew(task: Task, facts: Facts, copied: Driver) -> list[Step]:
    """An empty database that takes connections; containers and data are removed again when the rehearsal fails."""
    site = task.site
    assert task.release is not None
    made = reset_database(site, facts, site.folder(task.release), copied)
    return with_undo(made, {StepName.VOLUME_REMOVED: copied.empty(), StepName.VOLUME_CREATED: take_down(site)})


def _restore(task: Task, copied: Driver) -> list[Step]:
    """The rows are compared before anything may change them; only then the copy is made harmless."""
    site, path = task.site, shared_steps.backup_path(task)
    assert task.release is not None
    found = [Step(StepName.RESTORE, copied.restore(path), timeout=LONG_SECONDS)]
    if copied.counts_rows:
        found.append(Step(StepName.COUNTS, copied.prove(path), timeout=LONG_SECONDS))
    how = site.config.sanitize
    if how is not None:
        file = f"{site.folder(task.release)}/{how.path}"
        found.append(
            Step(
                StepName.SANITIZE, copied.sanitize(file, how), timeout=LONG_SECONDS, learn=lambda _: {"sanitized": True}
            )
        )
    return found


def remove_copy(task: Task) -> list[Step]:
    """Remove the copy: it holds what production's database held."""
    copied = driver(task.site, task.addresses)
    return [Step(StepName.COPY_REMOVED, copied.empty(), timeout=LONG_SECONDS)] if copied else []


def take_down(site: Site) -> Command:
    """Remove staging's containers, networks and volumes by their labels: each rehearsal begins with empty ones. External volumes stay.

    It needs no compose file, so it also cleans after a killed run.
    """
    return script(
        f'{REMOVE_PROJECT}remove_project "$1" true',
        site.project,
        says=f"remove containers, networks and volumes of {site.project}",
    )


def _say(text: str) -> Command:
    return command("echo", text, says=text)
