"""Deploy: a release takes over an environment; what fails before the switch leaves a way back."""

from dataclasses import replace

from pipeline_defs.release.going_back import revision_after_failure
from pipeline_defs.release.policy import older_than_live
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server import steps, strategy
from pipeline_defs.server.addressing import refuse_foreign
from pipeline_defs.server.command import Runner, ServerError
from pipeline_defs.server.compose import diagnose
from pipeline_defs.server.execution import Execution
from pipeline_defs.server.facts import Facts, learn
from pipeline_defs.server.hold import held
from pipeline_defs.server.preflight import preflight
from pipeline_defs.server.procedure import Procedure
from pipeline_defs.server.report import report
from pipeline_defs.server.restore import finish
from pipeline_defs.server.rollback import restore_current
from pipeline_defs.server.step import Step
from pipeline_defs.server.task import Report, Task
from pipeline_defs.server.tidy import tidy


def deploy(task: Task, server: Runner) -> Report:
    """Deploy `task.release`. An expected failure is a report with its sentence; what runs then is for `rollback` to put right.

    Interrupted (a BaseException: cancelled, terminated), it brings the release before back itself and lets the interruption go on.
    """
    site, execution = task.site, Execution()
    assert task.release is not None
    previous: Release | None = None
    try:
        with held(task, server, execution) as found:
            facts = finish(task, server, found, execution)
            previous = facts.current
            refuse_foreign(site, task.files)
            refusal = older_than_live(task.release, previous)
            if refusal:
                raise ServerError(f"{site}: {refusal}")
            try:
                Procedure(site, task, server, execution, diagnose(site)).run(plan(task, facts))
            except ServerError:
                raise
            except BaseException:
                if execution.changed:
                    # What is true now is asked anew: the server may have come as far as the switch before it was stopped.
                    facts = learn(site, server)
                    task.say(f"interrupted: {facts.current.version if facts.current else 'nothing'} is what runs again")
                    restore = Execution(token=execution.token)
                    restore_current(_taking_back(task, facts, execution), server, facts, restore)
                raise
    except ServerError as error:
        live = None if execution.changed else previous
        return report(task, execution, Outcome.FAILED, str(error), previous=previous, live=live)
    return report(task, execution, Outcome.SUCCEEDED, None, previous=previous, live=task.release)


def _taking_back(task: Task, facts: Facts, execution: Execution) -> Task:
    """The task with the migrations that have to be taken back, by the rehearsal's verdict."""
    known, found = execution.facts, task.way_back
    if found is None or facts.current is None or found.digest != facts.current.digest:
        return task
    revision = revision_after_failure(found, execution.steps, known.get("revision_before"), known.get("revision"))
    return replace(task, migrated=task.release, downgrade_to=revision)


def plan(task: Task, facts: Facts) -> list[Step]:
    """The deployment's steps, from facts alone: nothing is executed here."""
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    return steps.in_order(
        steps.write_files(site, task, release),
        preflight(site, task, facts.compose, release),
        strategy.look(task),
        steps.pull_image(task, release),
        steps.secure(site, task, facts, folder),
        strategy.begin(task, facts, folder),
        steps.verify(site, task, facts, release, folder),
        strategy.finish(task, facts, folder),
        tidy(task),
    )
