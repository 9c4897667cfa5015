"""Rollback: an environment goes to a release that ran before, verified like a deployment."""

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server import steps
from pipeline_defs.server.command import Runner, ServerError, script
from pipeline_defs.server.compose import diagnose
from pipeline_defs.server.facts import Facts, learn
from pipeline_defs.server.lock import locked
from pipeline_defs.server.procedure import Execution, Procedure, Step
from pipeline_defs.server.report import report
from pipeline_defs.server.task import Report, Task

_REMOVE_SERVICES = """
project=$1; shift
for service; do
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service"); do
    docker rm -f "$id"; done; done
"""


def rollback(task: Task, server: Runner) -> Report:
    """Go to `task.release`, or, where it is None, make what serves the release that the environment says it runs.

    The second is how a failed or killed deployment is answered; done twice it changes nothing the second time.
    An expected failure is a report with its sentence.
    """
    site, execution = task.site, Execution()
    previous: Release | None = None
    live: Release | None = None
    try:
        with locked(site, task, server):
            facts = learn(site, server)
            previous = facts.current
            if task.release is None:
                live = restore_current(task, server, facts, execution)
            else:
                Procedure(site, task, server, execution, diagnose(site)).run(plan(task, facts))
                live = task.release
    except ServerError as error:
        return report(task, execution, Outcome.FAILED, str(error), previous=previous, live=live)
    return report(task, execution, Outcome.SUCCEEDED, None, previous=previous, live=live)


def plan(task: Task, facts: Facts) -> list[Step]:
    """The steps to a named release, from facts alone. The database stays as it is; it is backed up first."""
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    return steps.in_order(
        steps.write_files(site, task, release),
        steps.back_up(site, task, facts),
        steps.pull_image(task, release),
        steps.start(site, facts, folder),
        steps.wait_healthy(site),
        steps.ask_revision(site, facts, folder),
        steps.verify(site, task, release, folder),
        steps.switch(site, folder),
        steps.tidy(site),
    )


def restore_current(task: Task, server: Runner, facts: Facts, execution: Execution) -> Release | None:
    """Make what serves the release that `current` names; before the first deployment that is nothing.

    Returns the release that serves now. Raises StepFailed when it cannot be brought back or does not pass its tests.
    """
    site = task.site
    if facts.current is None or facts.folder is None:
        words = (site.project, *site.services)
        remove = script(_REMOVE_SERVICES, *words, says=f"remove {', '.join(site.services)}: nothing ran before")
        Procedure(site, task, server, execution).run([Step("remove", remove, changes=True)])
        return None
    back = steps.in_order(
        steps.start(site, facts, facts.folder),
        steps.wait_healthy(site),
        steps.ask_revision(site, facts, facts.folder),
        steps.verify(site, task, facts.current, facts.folder),
    )
    Procedure(site, task, server, execution, diagnose(site)).run(back)
    return facts.current
