"""Aftermath: what a failed attempt has changed, and what does not run as before once it was taken back, as the server shows it."""

from contextlib import suppress

from pipeline_defs.release.step_name import StepName, is_a
from pipeline_defs.server.compose.compose_commands import once
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import (
    SECONDS,
    UNFINISHED,
    Snapshot,
    read_snapshot,
    take_snapshot,
    write_snapshot,
)
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.observed_changes import (
    STOPPED,
    Revision,
    Written,
    database_changes,
    differences,
    not_as_before,
    touched,
)
from pipeline_defs.server.steps.shared_steps import revision_in

RAN_BEFORE = "ran-before"
"""The file that says what ran when the last attempt began, beside the link `current`."""

_REPLACE_NOTHING = frozenset(
    (
        *(
            StepName.SNAPSHOT,
            StepName.FILES,
            StepName.COMPOSE_FILE,
            StepName.IMAGES,
            StepName.SERVICES,
            StepName.ROUTER,
            StepName.PULL,
        ),
        *(
            StepName.DATABASE_START,
            StepName.DATABASE_READY,
            StepName.BACKUP,
            StepName.BACKUP_WHOLE,
            StepName.REVISION_BEFORE,
        ),
        *(
            StepName.DATA,
            StepName.OUTSIDE_BEFORE,
            StepName.ROOM,
            StepName.NOTED_BESIDE,
            StepName.RESTORE_BESIDE,
            StepName.COUNTS,
        ),
    )
)
"""Steps that come before the first one that replaces anything: where only they were begun, nothing can be under way any more."""

_HOOKS = (StepName.BEFORE_DEPLOY, StepName.BEFORE_ROLLBACK)
"""Hooks replace nothing either; there may be several of them."""

_KEEP = 'umask 077; cat >"$1.new"; sync "$1.new"; mv -T "$1.new" "$1"'
_READ = '[ ! -f "$1" ] || cat "$1"'
_FORGET = 'rm -f "$1"'


def keep(site: Site, seen: Snapshot) -> Step:
    """Write down what runs, for whoever takes the attempt back: perhaps another run, after this one was killed."""
    return Step(
        StepName.SNAPSHOT, script(_KEEP, site.path(RAN_BEFORE), stdin=write_snapshot(seen), says="what runs before")
    )


def changes(task: Task, server: Runner, facts: Facts, execution: Execution) -> tuple[str, ...]:
    """What a failed attempt has changed, a phrase each; empty where all is as it was. Raises nothing but interruptions.

    What was changed and is undone counts too, as people may have met it. Where the server does not tell, it counts as changed.
    """
    before = execution.before
    if before is None or not execution.begun:
        return ()
    after = take_snapshot(task.site, server, UNFINISHED)
    acted = any(_replaces(step) for step in execution.begun)
    found = [*differences(before, after), *(touched(before, execution.failed) if acted else ())]
    if acted and execution.cut_off:
        found.append(STOPPED)
    if after is not None:
        found += database_changes(_written(task, server, facts, execution))
    return tuple(dict.fromkeys(found))


def _replaces(step: Step) -> bool:
    return step.name not in _REPLACE_NOTHING and not any(is_a(step.name, each) for each in _HOOKS)


def ran_before(site: Site, server: Runner, facts: Facts) -> Snapshot | None:
    """What ran when the last attempt began; None where nobody wrote it down, or the site has gone elsewhere since. Raises ServerError."""
    kept = server.run(script(_READ, site.path(RAN_BEFORE), says="what ran before?"), timeout=SECONDS)
    before = read_snapshot(kept.stdout) if kept.ok and kept.stdout else None
    return before if before is not None and before.current == (facts.folder or "") else None


def left(site: Site, server: Runner, before: Snapshot | None) -> tuple[str, ...]:
    """What does not run as it ran before a failed attempt, which was taken back, a phrase each. Then nobody needs to know any more."""
    if before is None:
        return ()
    found = not_as_before(before, take_snapshot(site, server, UNFINISHED))
    with suppress(ServerError):
        server.run(script(_FORGET, site.path(RAN_BEFORE), says="what ran before runs"), timeout=SECONDS)
    return found


def _written(task: Task, server: Runner, facts: Facts, execution: Execution) -> Written:
    """What may have written to the database; its revision is asked once more where it was known before."""
    config = task.site.config
    begun = tuple(step.name for step in execution.begun if step.writes)
    if not begun or not (config.database or config.migrate or config.revision):
        return Written()
    well = {step.step for step in execution.steps if step.outcome == "done"}
    failed = tuple(step.name for step in execution.begun if step.migrates and step.name not in well)
    known = execution.facts
    before = Revision("revision_before" in known, known.get("revision_before"))
    after = _revision(task, server, facts, execution) if before.asked else Revision()
    return Written(begun, failed, before, after)


def _revision(task: Task, server: Runner, facts: Facts, execution: Execution) -> Revision:
    """The database's revision as it is now, asked in the release's own image, which knows it."""
    site, release = task.site, task.release
    if site.config.revision is None or release is None:
        return Revision()
    ask: Command = once(site, facts.compose, site.folder(release), *site.config.revision)
    try:
        result = server.run(ask, timeout=LONG_SECONDS)
    except ServerError:
        return Revision()
    if not result.ok:
        return Revision()
    execution.facts["revision"] = revision_in(result.stdout)
    return Revision(True, execution.facts["revision"])
