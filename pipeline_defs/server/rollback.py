"""Rollback: an environment goes to a release that ran before, verified like a deployment."""

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server import steps, strategy
from pipeline_defs.server.command import Runner, ServerError, script
from pipeline_defs.server.compose import diagnose
from pipeline_defs.server.execution import UNPROVED, Execution
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.hold import held
from pipeline_defs.server.preflight import preflight
from pipeline_defs.server.procedure import Procedure
from pipeline_defs.server.report import report
from pipeline_defs.server.restore import MIGRATE, finish, forget, note, prepare, replace_database
from pipeline_defs.server.step import Step
from pipeline_defs.server.task import Report, Task
from pipeline_defs.server.tidy import tidy

_REMOVE_SERVICES = """
project=$1; shift
for service; do
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service"); do
    docker rm -f "$id"; done; done
"""


def rollback(task: Task, server: Runner) -> Report:
    """Go to `task.release`, or, where it is None, make what serves the release that the environment says it runs.

    The second is how a failed or killed deployment, or rollback, is answered; done twice it changes nothing the second time.
    What a rollback that never ended has done to the database is taken back first. An expected failure is a report with its sentence.
    """
    execution = Execution()
    previous: Release | None = None
    live: Release | None = None
    try:
        with held(task, server, execution) as found:
            facts = finish(task, server, found, execution)
            previous = facts.current
            if task.release is None:
                live = restore_current(task, server, facts, execution)
            else:
                _go(task, server, facts, execution)
                live = task.release
    except ServerError as error:
        if live is None and not execution.changed:
            live = previous  # nothing was touched, so it serves as before
        return report(task, execution, Outcome.FAILED, str(error), previous=previous, live=live)
    return report(task, execution, Outcome.SUCCEEDED, None, previous=previous, live=live)


def _go(task: Task, server: Runner, facts: Facts, execution: Execution) -> None:
    """Go to a named release. Raises ServerError when it does not come about, or fails its tests unless it returns."""
    procedure = Procedure(task.site, task, server, execution, diagnose(task.site))
    if not task.returns:
        procedure.run(plan(task, facts))
        return
    begun, proof, finished = _parts(task, facts)
    procedure.run(begun)
    _prove(task, procedure, proof, execution)
    procedure.run(finished)


def _prove(task: Task, procedure: Procedure, tests: list[Step], execution: Execution) -> None:
    """Run the tests of a release that ran before and serves again. That they fail is told: going elsewhere would help nobody."""
    failure = procedure.attempt(tests)
    if failure is not None:
        execution.facts[UNPROVED] = str(failure)
        task.say(f"what ran before serves again and is healthy, and it fails its own tests: {failure}")


def plan(task: Task, facts: Facts) -> list[Step]:
    """The steps to a named release, from facts alone. The database is backed up first.

    It stays as it is, or migrations are taken back to `task.downgrade_to`, or it becomes `task.restore_from`. Raises ServerError
    where there is nothing to do that with.
    """
    return steps.in_order(*_parts(task, facts))


def _parts(task: Task, facts: Facts) -> tuple[list[Step], list[Step], list[Step]]:
    """The steps of `plan`: until the release is healthy, its tests, and until it is what the environment runs."""
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    begun = steps.in_order(
        steps.write_files(site, task, release),
        preflight(site, task, facts.compose, release, known=True),
        strategy.look(task),
        _ready(task, facts),
        _database(task, facts, folder),
        strategy.begin(task, facts, folder, migrate=False),
    )
    finished = steps.in_order(
        strategy.finish(task, facts, folder, watched=False),
        forget(site) if task.downgrade_to or task.restore_from else [],
        tidy(task),
    )
    return begun, steps.verify(site, task, facts, release, folder), finished


def _ready(task: Task, facts: Facts) -> list[Step]:
    """The image and the backups. The image comes first where the services are stopped for the backup."""
    site, release = task.site, task.release
    assert release is not None
    pull = steps.pull_image(task, release)
    if task.restore_from:
        return [pull, *prepare(task, facts)]
    return [*steps.back_up(site, task, facts), pull]


def _database(task: Task, facts: Facts, folder: str) -> list[Step]:
    """What becomes of the database before the older release starts on it."""
    site = task.site
    if task.restore_from:
        return replace_database(task, facts, folder, task.restore_from)
    if task.downgrade_to is None:
        return []
    if facts.folder is None:
        raise ServerError(f"{site}: nothing runs whose migrations could be taken back")
    return [note(site, MIGRATE), *steps.downgrade(site, facts, facts.folder, task.downgrade_to)]


def take_back(task: Task, facts: Facts) -> list[Step]:
    """Take back the migrations of a release that failed; nothing where that release is the one that `current` names."""
    site, migrated = task.site, task.migrated
    if task.downgrade_to is None or migrated is None or facts.current is None or facts.current.name == migrated.name:
        return []
    return steps.downgrade(site, facts, site.folder(migrated), task.downgrade_to)


def restore_current(task: Task, server: Runner, facts: Facts, execution: Execution) -> Release | None:
    """Make what serves the release that `current` names; before the first deployment that is nothing.

    Where `task.downgrade_to` says so, the migrations of `task.migrated` are taken back first, in its own image. Should that fail, the
    release is started all the same.

    Returns the release that serves now and is healthy; that it fails its own tests is a fact of the execution, UNPROVED.
    Raises StepFailed when it cannot be brought back.
    """
    site = task.site
    if facts.current is None or facts.folder is None:
        words = (site.project, *site.services)
        remove = script(_REMOVE_SERVICES, *words, says=f"remove {', '.join(site.services)}: nothing ran before")
        Procedure(site, task, server, execution).run([Step("remove", remove, changes=True), *strategy.remove(task)])
        return None
    back = strategy.bring_back(task, facts)
    procedure = Procedure(site, task, server, execution, diagnose(site))
    failure = procedure.attempt(take_back(task, facts))
    if failure is not None:
        task.say(f"the migrations could not be taken back: {failure}")
    procedure.run(back)
    _prove(task, procedure, steps.verify(site, task, facts, facts.current, facts.folder), execution)
    return facts.current
