"""Rollback procedure: an environment goes to a release that ran before, verified like a deployment."""

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import diagnose
from pipeline_defs.server.compose_rules.preflight import preflight
from pipeline_defs.server.core.command import Runner, ServerError, script
from pipeline_defs.server.core.execution import UNPROVED, Execution
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.procedure_report import report
from pipeline_defs.server.core.snapshot import Snapshot
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.state import described_services
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.locked_facts import locked_facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.state.transition import to_current, to_release
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.cleanup import tidy
from pipeline_defs.server.steps.hook_steps import after, before, run_after
from pipeline_defs.server.steps.restore_database import MIGRATE, finish, note, restored, settled
from pipeline_defs.server.strategies import strategy
from pipeline_defs.server.strategies.aftermath import RAN_BEFORE, changes, keep, left, ran_before
from pipeline_defs.server.strategies.port_handover import as_served

# What ran before the attempt is not Shipline's to remove. Without a word on that only the app's own services are.
_REMOVE = """
project=$1 kept=$2; shift 2
label=label=com.docker.compose
if [ -f "$kept" ] && ! grep -q '^current.*/' "$kept"; then
  ids=$(docker ps -aq --no-trunc --filter "$label.project=$project" --filter "$label.oneoff=False")
else
  kept=/dev/null
  ids=$(for service; do docker ps -aq --no-trunc --filter "$label.project=$project" --filter "$label.service=$service" \\
    --filter "$label.oneoff=False"; done)
fi
for id in $ids; do grep -qF "$id" "$kept" || docker rm -f "$id"; done
"""


def rollback(task: Task, server: Runner) -> Report:
    """Go to `task.release`, or, where it is None, make what serves the release that the environment says it runs.

    The second is how a failed or killed deployment, or rollback, is answered; done twice it changes nothing the second time.
    What a rollback that never ended has done to the database is taken back first. An expected failure is a report with its sentence.
    """
    site, execution = task.site, Execution()
    previous: Release | None = None
    live: Release | None = None
    not_as_before: tuple[str, ...] = ()
    try:
        with locked_facts(task, server, execution) as found:
            previous, execution.before = found.current, found.seen
            try:
                facts = finish(task, server, found, execution)
                if task.release is None:
                    ran = ran_before(site, server, facts)
                    live = restore_current(task, server, facts, execution, ran)
                    not_as_before = left(site, server, ran)
                else:
                    _carry_out(task, server, facts, execution)
                    live = task.release
                    run_after(site, task, server, execution, facts.compose, "rollback")
            except ServerError as error:
                return _failed(task, server, found, execution, error)
    except ServerError as error:  # the lock is not to be had, or the server lacks something: nothing was begun
        return report(task, execution, Outcome.FAILED, str(error), previous=previous, live=live)
    return report(task, execution, Outcome.SUCCEEDED, None, previous=previous, live=live, left=not_as_before)


def _carry_out(task: Task, server: Runner, facts: Facts, execution: Execution) -> None:
    """Go to a named release. Raises ServerError when it does not come about, or fails its tests unless it returns."""
    procedure = Procedure(task.site, task, server, execution, diagnose(task.site))
    procedure.run(_prepare(task, facts))
    begun, proof, finished = _act(task, facts, to_release(task, facts, execution, back=True))
    if not task.returns:
        procedure.run([*begun, *proof, *finished])
        return
    procedure.run(begun)
    _prove(task, procedure, proof, execution)
    procedure.run(finished)


def _prove(task: Task, procedure: Procedure, tests: list[Step], execution: Execution) -> None:
    """Run the tests of a release that ran before and serves again. That they fail is told: going elsewhere would help nobody."""
    failure = procedure.attempt(tests)
    if failure is not None:
        execution.facts[UNPROVED] = str(failure)
        task.say(f"what ran before serves again and is healthy, and it fails its own tests: {failure}")


def _failed(task: Task, server: Runner, facts: Facts, execution: Execution, error: ServerError) -> Report:
    """The report of a rollback that failed, with what it has changed."""
    found = changes(task, server, facts, execution)
    for each in found:
        task.say(f"changed: {each}")
    live = None if found else facts.current  # nothing was touched, so it serves as before
    return report(task, execution, Outcome.FAILED, str(error), previous=facts.current, live=live, changes=found)


def _prepare(task: Task, facts: Facts) -> list[Step]:
    """The steps up to what the compose file of a named release describes, which decides on the further ones."""
    site, release = task.site, task.release
    assert release is not None
    return shared_steps.in_order(
        keep(site, facts.seen),
        shared_steps.write_files(site, task, release),
        preflight(site, task, facts.compose, release, known=True),
        described_services.describe_step(site, facts, site.folder(release)),
    )


def plan(task: Task, facts: Facts, change: ServiceChanges | None = None) -> list[Step]:
    """The steps to a named release, from facts and what has to be replaced. The database is backed up first.

    It stays as it is, or migrations are taken back to `task.downgrade_to`, or it becomes `task.restore_from`. Without `change` the
    app's own services are replaced, and nothing else. Raises ServerError where there is nothing to do that with.
    """
    return shared_steps.in_order(
        _prepare(task, facts),
        *_act(task, facts, change or ServiceChanges(app=task.site.services)),
        after(task.site, task, facts.compose, "rollback"),
    )


def _act(task: Task, facts: Facts, change: ServiceChanges) -> tuple[list[Step], list[Step], list[Step]]:
    """The further steps: until the release is healthy, its tests, and until it is what the environment runs."""
    task = as_served(task, change)
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    begun = shared_steps.in_order(
        strategy.preflight_steps(task, facts),
        _ready(task, facts),
        before(site, task, facts.compose, "rollback"),
        _database(task, facts, folder),
        strategy.begin(task, facts, folder, change, migrate=False),
    )
    finished = shared_steps.in_order(
        strategy.finish(task, facts, folder, change, watched=False),
        settled(task),
        tidy(task),
    )
    return begun, shared_steps.verify(site, task, facts, release, folder), finished


def _ready(task: Task, facts: Facts) -> list[Step]:
    """The image and the backup. Where a backup is restored, that is made later, once the services are stopped."""
    site, release = task.site, task.release
    assert release is not None
    pull = shared_steps.pull_image(task, release)
    if task.restore_from:
        return [pull]
    return [*shared_steps.back_up(site, task, facts), pull]


def _database(task: Task, facts: Facts, folder: str) -> list[Step]:
    """What becomes of the database before the older release starts on it."""
    site = task.site
    if task.restore_from:
        return restored(task, facts, folder)
    if task.downgrade_to is None:
        return []
    if facts.folder is None:
        raise ServerError(f"{site}: nothing runs whose migrations could be taken back")
    return [note(site, MIGRATE), *shared_steps.downgrade(site, facts, facts.folder, task.downgrade_to)]


def take_back(task: Task, facts: Facts) -> list[Step]:
    """Take back the migrations of a release that failed; nothing where that release is the one that `current` names."""
    site, migrated = task.site, task.migrated
    if task.downgrade_to is None or migrated is None or facts.current is None or facts.current.name == migrated.name:
        return []
    return shared_steps.downgrade(site, facts, site.folder(migrated), task.downgrade_to)


def restore_current(
    task: Task, server: Runner, facts: Facts, execution: Execution, ran: Snapshot | None = None
) -> Release | None:
    """Make what serves the release that `current` names; before the first deployment that is nothing. `ran` is what ran before.

    Where `task.downgrade_to` says so, the migrations of `task.migrated` are taken back first, in its own image. Should that fail, the
    release is started all the same.

    Returns the release that serves now and is healthy; that it fails its own tests is a fact of the execution, UNPROVED.
    Raises StepFailed when it cannot be brought back.
    """
    site = task.site
    if facts.current is None or facts.folder is None:
        words = (site.project, site.path(RAN_BEFORE), *site.services)
        remove = script(_REMOVE, *words, says=f"remove what was started in {site.project}: nothing ran before")
        Procedure(site, task, server, execution).run([Step(StepName.REMOVE, remove), *strategy.remove(task)])
        return None
    procedure = Procedure(site, task, server, execution, diagnose(site))
    failure = procedure.attempt(take_back(task, facts))
    if failure is not None:
        task.say(f"the migrations could not be taken back: {failure}")
    procedure.run([described_services.describe_step(site, facts, facts.folder)])
    procedure.run(strategy.bring_back(task, facts, to_current(task, server, facts, execution, ran)))
    _prove(task, procedure, shared_steps.verify(site, task, facts, facts.current, facts.folder), execution)
    return facts.current
