"""Restore: an environment's database becomes what a backup holds, and what it was until then is kept until the older release runs.

A rollback that touches the database writes down first how that is taken back, beside the link `current`. Whoever comes after one
that never ended, be it killed or failed, reads it among the facts and does so before anything else. Once `current` names the
older release it counts no more.
"""

from pipeline_defs.server import steps
from pipeline_defs.server.anew import anew
from pipeline_defs.server.command import Runner, ServerError, script
from pipeline_defs.server.compose import compose, diagnose
from pipeline_defs.server.database import driver
from pipeline_defs.server.execution import Execution
from pipeline_defs.server.facts import UNFINISHED, Facts, learn
from pipeline_defs.server.procedure import Procedure
from pipeline_defs.server.site import Site
from pipeline_defs.server.step import LONG_SECONDS, Step
from pipeline_defs.server.task import Task

MIGRATE, RESTORE = "migrate", "restore"
"""What is written down: the migrations are made again, or a backup is restored."""

_NOTE = """
printf '%s\\n%s\\n' "$3" "$(readlink -f "$1/current")" >"$1/$2.new"; sync "$1/$2.new"; mv -T "$1/$2.new" "$1/$2"; sync "$1"
"""
_FORGET = 'rm -f "$1/$2"; sync "$1"'
_WHOLE = """
[ -f "$1" ] && [ -f "$1.sha256" ] || { echo "the backup $1 is not there any more" >&2; exit 1; }
(cd "$(dirname "$1")" && sha256sum -c --status "$(basename "$1").sha256") || { echo "the backup $1 is damaged" >&2; exit 1; }
echo "$1 is whole: $(wc -c <"$1") bytes"
"""


def prepare(task: Task, facts: Facts) -> list[Step]:
    """All that comes before anything is removed: the backup is whole, nobody writes any more, and the present state is kept.

    Raises ServerError where there is nothing that could be restored.
    """
    site, path = task.site, task.restore_from
    if driver(site, task.addresses) is None or path is None or facts.folder is None:
        raise ServerError(f"{site}: there is no database that a backup could be restored into")
    stop = compose(site, facts.compose, facts.folder, "stop", *site.services)
    kept = steps.back_up(site, task, facts)
    return steps.in_order(
        Step("backup whole", script(_WHOLE, path, says=f"is {path} whole?"), timeout=LONG_SECONDS),
        Step("services stopped", stop, timeout=LONG_SECONDS),
        kept,
        note(site, f"{RESTORE} {steps.backup_path(task)}") if kept else [],
    )


def replace_database(task: Task, facts: Facts, folder: str, path: str) -> list[Step]:
    """Everything stops, the data is removed, and a backup is restored into a database of the release in `folder`."""
    site = task.site
    database = driver(site, task.addresses)
    assert database is not None
    return steps.in_order(
        Step("down", steps.down(site, facts, folder), timeout=LONG_SECONDS),
        anew(site, facts, folder, database),
        Step("restore", database.restore(path), timeout=LONG_SECONDS),
    )


def note(site: Site, how: str) -> Step:
    """Write down how what follows is taken back, for as long as `current` names the release that it names now."""
    return Step("noted", script(_NOTE, site.path(), UNFINISHED, how, says=f"what takes this back: {how}"))


def forget(site: Site) -> Step:
    """What was written down is done, or counts no more."""
    return Step("note removed", script(_FORGET, site.path(), UNFINISHED, says="nothing is to be taken back any more"))


def finish(task: Task, server: Runner, facts: Facts, execution: Execution) -> Facts:
    """Take back what a rollback that never ended has done to the database, and give the facts as they are then.

    Raises StepFailed.
    """
    if facts.unfinished is None or facts.folder is None:
        return facts
    site = task.site
    how, _, path = facts.unfinished.partition(" ")
    task.say(
        f"a rollback of {site.environment} never ended, its change to the database is taken back: {facts.unfinished}"
    )
    back = (
        replace_database(task, facts, facts.folder, path)
        if how == RESTORE
        else steps.migrate(site, facts, facts.folder, name="migrate again")
    )
    Procedure(site, task, server, execution, diagnose(site)).run(steps.in_order(back, forget(site)))
    return learn(site, server)
