"""Restore database: an environment's database becomes what a backup holds, and what it was until then is kept until the older release runs.

A rollback that touches the database writes down first how that is taken back, beside the link `current`. Whoever comes after one
that never ended, be it killed or failed, reads it among the facts and does so before anything else. Once `current` names the
older release nothing is taken back any more, and what was replaced is dropped.
"""

from dataclasses import replace

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import compose, diagnose
from pipeline_defs.server.core.command import Command, Runner, ServerError, both, script
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import UNFINISHED
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.database import ByCommands, Driver, Postgres, driver
from pipeline_defs.server.state.facts import SWAP, SWAPPED, Facts, gather_facts
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.reset_database import reset_database

MIGRATE, RESTORE = "migrate", "restore"
"""What is written down: the migrations are made again, or a backup is restored, whose path follows."""

BESIDE = "beside"
"""Of PostgreSQL: a backup is being restored beside the database, which is untouched."""

_NOTE = """
printf '%s\\n%s\\n' "$3" "$(readlink -f "$1/current")" >"$1/$2.new"; sync "$1/$2.new"; mv -T "$1/$2.new" "$1/$2"; sync "$1"
"""
_FORGET = 'rm -f "$1/$2"; sync "$1"'
_FORGET_ONE = """
[ "$(sed -n 1p "$1/$2" 2>/dev/null)" != "$3" ] || { rm -f "$1/$2"; sync "$1"; }
"""
_REMOVE_SERVICES = """
project=$1; shift
for service; do
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service"); do
    docker rm -f "$id"; done; done
"""
_WHOLE = """
[ -f "$1" ] && [ -f "$1.sha256" ] || { echo "the backup $1 is not there any more" >&2; exit 1; }
(cd "$(dirname "$1")" && sha256sum -c --status "$(basename "$1").sha256") || { echo "the backup $1 is damaged" >&2; exit 1; }
echo "$1 is whole: $(wc -c <"$1") bytes"
"""


def restored(task: Task, facts: Facts, folder: str) -> list[Step]:
    """The steps that make the database what `task.restore_from` holds; `folder` is that of the release that goes with it.

    The backup of PostgreSQL is restored and proved beside what is there, while the services serve on, and takes its place by a
    rename. Another kind of database is removed and made anew, once its present state is kept.

    Raises ServerError where there is nothing that could be restored.
    """
    site, path = task.site, task.restore_from
    database = driver(site, task.addresses)
    if database is None or path is None or facts.folder is None:
        raise ServerError(f"{site}: there is no database that a backup could be restored into")
    whole = Step(StepName.BACKUP_WHOLE, script(_WHOLE, path, says=f"is {path} whole?"), timeout=LONG_SECONDS)
    stop = compose(site, facts.compose, facts.folder, "stop", *site.services)
    stopped = Step(StepName.SERVICES_STOPPED, stop, timeout=LONG_SECONDS)
    if isinstance(database, Postgres):
        room = database.room(site)
        return shared_steps.in_order(
            whole,
            shared_steps.start_database(site, task, facts),
            Step(StepName.ROOM, room) if room else [],
            _noted_beside(site, database),
            Step(StepName.RESTORE_BESIDE, database.restore_beside(path), timeout=LONG_SECONDS),
            Step(StepName.COUNTS, database.prove_beside(path), timeout=LONG_SECONDS),
            stopped,
            shared_steps.dump(task, database),
            note(site, SWAP),
            Step(StepName.SWAP, database.swap(), timeout=LONG_SECONDS),
            Step(StepName.SERVICES_REMOVED, remove_services(site), timeout=LONG_SECONDS),
        )
    own = [Step(StepName.VOLUME, database.own_volume(path))] if isinstance(database, ByCommands) else []
    kept = shared_steps.back_up(site, task, facts)
    noted = [note(site, f"{RESTORE} {shared_steps.backup_path(task)}")] if kept else []
    return shared_steps.in_order(whole, own, stopped, kept, noted, _made_anew(task, facts, folder, database, path))


def settled(task: Task) -> list[Step]:
    """What was replaced is dropped, once the older release runs; what was written down counts no more."""
    site = task.site
    database = driver(site, task.addresses)
    if task.restore_from and isinstance(database, Postgres):
        return [Step(StepName.REPLACED_DROPPED, database.discard(), timeout=LONG_SECONDS), forget(site)]
    return [forget(site)] if task.downgrade_to or task.restore_from else []


def _made_anew(task: Task, facts: Facts, folder: str, database: Driver, path: str) -> list[Step]:
    """Everything stops, the data is removed, and a backup is restored into a database of the release in `folder`."""
    site = task.site
    return shared_steps.in_order(
        Step(StepName.DOWN, shared_steps.down(site, facts, folder), timeout=LONG_SECONDS),
        reset_database(site, facts, folder, database),
        Step(StepName.RESTORE, database.restore(path), timeout=LONG_SECONDS),
    )


def remove_services(site: Site) -> Command:
    """Remove the containers of the services that run the app's image."""
    return script(_REMOVE_SERVICES, site.project, *site.services, says=f"remove {', '.join(site.services)}")


def _noted_beside(site: Site, database: Postgres) -> Step:
    """Write down that a restore has begun. It is undone for as long as it has changed nothing: what it has made is dropped."""
    forget_beside = script(_FORGET_ONE, site.path(), UNFINISHED, BESIDE, says="the restore has changed nothing")
    return replace(
        note(site, BESIDE),
        name=StepName.NOTED_BESIDE,
        undo=both(database.give_up(), forget_beside),
        timeout=LONG_SECONDS,
    )


def note(site: Site, how: str) -> Step:
    """Write down how what follows is taken back, for as long as `current` names the release that it names now."""
    return Step(StepName.NOTED, script(_NOTE, site.path(), UNFINISHED, how, says=f"what takes this back: {how}"))


def forget(site: Site) -> Step:
    """What was written down is done, or counts no more."""
    return Step(
        StepName.NOTE_REMOVED, script(_FORGET, site.path(), UNFINISHED, says="nothing is to be taken back any more")
    )


def finish(task: Task, server: Runner, facts: Facts, execution: Execution) -> Facts:
    """Take back what a rollback that never ended has done to the database, and give the facts as they are then.

    Raises StepFailed.
    """
    if facts.unfinished is None or facts.folder is None:
        return facts
    site = task.site
    task.say(f"a rollback of {site.environment} never ended, its change to the database is settled: {facts.unfinished}")
    settling = shared_steps.in_order(_settle(task, facts, facts.folder, facts.unfinished), forget(site))
    Procedure(site, task, server, execution, diagnose(site)).run(settling)
    return gather_facts(site, server)


def _settle(task: Task, facts: Facts, folder: str, unfinished: str) -> list[Step]:
    """What is written down, made good. Of PostgreSQL the databases that are there decide what is left to do."""
    site = task.site
    how, _, path = unfinished.partition(" ")
    if how == MIGRATE:
        return shared_steps.migrate(site, facts, folder, name=StepName.MIGRATE_AGAIN)
    database = driver(site, task.addresses)
    if database is None:
        raise ServerError(
            f"{site}: a restore of its database was cut off ({unfinished}), and the app's file names no database"
        )
    if not isinstance(database, Postgres):
        return _made_anew(task, facts, folder, database, path)
    up = shared_steps.database_up(site, facts, folder)
    if how == BESIDE:
        return [*up, Step(StepName.RESTORED_DROPPED, database.give_up(), timeout=LONG_SECONDS)]
    if how == SWAPPED:
        return [*up, Step(StepName.REPLACED_DROPPED, database.discard(), timeout=LONG_SECONDS)]
    removed = Step(StepName.SERVICES_REMOVED, remove_services(site), timeout=LONG_SECONDS)
    if how == SWAP:
        return [*up, removed, Step(StepName.TAKE_BACK, database.take_back(), timeout=LONG_SECONDS)]
    return [
        *up,
        Step(StepName.RESTORE_BESIDE, database.restore_beside(path), timeout=LONG_SECONDS),
        removed,
        Step(StepName.SWAP, database.swap(), timeout=LONG_SECONDS),
        Step(StepName.REPLACED_DROPPED, database.discard(), timeout=LONG_SECONDS),
    ]
