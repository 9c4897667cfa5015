"""Deploy procedure: a release takes over an environment; what fails before the switch leaves a way back."""

from pipeline_defs.release.admission_rules import HostFacts
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import diagnose
from pipeline_defs.server.compose_rules.preflight import preflight
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.procedure_report import report
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.core.undo import undoing_migrations
from pipeline_defs.server.state import described_services
from pipeline_defs.server.state.adoption import adopt
from pipeline_defs.server.state.facts import Facts, gather_facts
from pipeline_defs.server.state.locked_facts import locked_facts
from pipeline_defs.server.state.observed_changes import with_database
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.state.transition import to_release
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.cleanup import tidy
from pipeline_defs.server.steps.e2e_addresses import refuse_foreign
from pipeline_defs.server.steps.hook_steps import after, before, run_after
from pipeline_defs.server.steps.restore_database import finish
from pipeline_defs.server.strategies import strategy
from pipeline_defs.server.strategies.admission_recheck import expect_admitted
from pipeline_defs.server.strategies.aftermath import changes, keep
from pipeline_defs.server.strategies.rollback_procedure import restore_current


def deploy(task: Task, server: Runner) -> Report:
    """Deploy `task.release`. An expected failure is a report with its sentence; what runs then is for `rollback` to put right.

    Interrupted (a BaseException: cancelled, terminated), it brings the release before back itself and lets the interruption go on.
    """
    site, execution = task.site, Execution()
    assert task.release is not None
    previous: Release | None = None
    try:
        with locked_facts(task, server, execution) as found:
            execution.before = found.seen
            try:
                found = adopt(task, server, found)
                previous, execution.before = found.current, found.seen
                facts = finish(task, server, found, execution)
                refuse_foreign(site, task.files)
                expect_admitted(task, [HostFacts(str(site.config.host), facts.current)])
                _carry_out(task, server, facts, execution)
                run_after(site, task, server, execution, facts.compose, "deploy")
            except ServerError as error:
                return _failed(task, server, found, execution, error)
            except BaseException:
                _interrupted(task, server, found, execution)
                raise
    except ServerError as error:  # the lock is not to be had, or the server lacks something: nothing was begun
        return report(task, execution, Outcome.FAILED, str(error), previous=previous, live=previous)
    return report(task, execution, Outcome.SUCCEEDED, None, previous=previous, live=task.release)


def _carry_out(task: Task, server: Runner, facts: Facts, execution: Execution) -> None:
    """Execute the deployment. Raises StepFailed."""
    procedure = Procedure(task.site, task, server, execution, diagnose(task.site))
    procedure.run(_prepare(task, facts))
    procedure.run(_act(task, facts, to_release(task, facts, execution)))


def _failed(task: Task, server: Runner, facts: Facts, execution: Execution, error: ServerError) -> Report:
    """The report of a deployment that failed, with what it has changed."""
    found = changes(task, server, facts, execution)
    for each in found:
        task.say(f"changed: {each}")
    live = None if found else facts.current
    sentence = with_database(str(error), found)
    return report(task, execution, Outcome.FAILED, sentence, previous=facts.current, live=live, changes=found)


def _interrupted(task: Task, server: Runner, facts: Facts, execution: Execution) -> None:
    """Bring back what ran before, where the interruption came after anything was changed. It goes on whatever comes of that."""
    if not changes(task, server, facts, execution):
        return
    try:
        # What is true now is asked anew: the server may have come as far as the switch before it was stopped.
        facts = gather_facts(task.site, server)
        task.say(f"interrupted: {facts.current.version if facts.current else 'nothing'} is what runs again")
        restore, before = Execution(token=execution.token), execution.before
        ran = before if before and before.current == (facts.folder or "") else None
        known = execution.facts
        revisions = known.get("revision_before"), known.get("revision")
        undoing = undoing_migrations(task, task.release, facts.current, task.way_back, execution.steps, *revisions)
        restore_current(undoing, server, facts, restore, ran)
    except ServerError as error:
        task.say(f"what ran before could not be brought back, which the next run does: {error}")


def plan(task: Task, facts: Facts, change: ServiceChanges | None = None) -> list[Step]:
    """The deployment's steps, from facts and what has to be replaced: nothing is executed here.

    Without `change` the app's own services are replaced, and nothing else.
    """
    acts = _act(task, facts, change or ServiceChanges(app=task.site.services))
    return [*_prepare(task, facts), *acts, *after(task.site, task, facts.compose, "deploy")]


def _prepare(task: Task, facts: Facts) -> list[Step]:
    """The steps up to what the compose file describes, which decides on the further ones."""
    site, release = task.site, task.release
    assert release is not None
    return shared_steps.in_order(
        keep(site, facts.seen),
        shared_steps.write_files(site, task, release),
        preflight(site, task, facts.compose, release),
        described_services.describe_step(site, facts, site.folder(release)),
    )


def _act(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """The further steps."""
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    kept = shared_steps.secure(site, task, facts, folder)
    return shared_steps.in_order(
        strategy.preflight_steps(task, facts),
        shared_steps.pull_image(task, release),
        kept,
        before(site, task, facts.compose, "deploy", writes=any(step.name == StepName.REVISION_BEFORE for step in kept)),
        strategy.begin(task, facts, folder, change),
        shared_steps.verify(site, task, facts, release, folder),
        strategy.finish(task, facts, folder, change),
        tidy(task),
    )
