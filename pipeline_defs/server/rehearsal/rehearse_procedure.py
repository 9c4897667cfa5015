"""Rehearse procedure: a release proves itself on a copy of production's database, beside production and apart from it."""

from dataclasses import replace

from pipeline_defs.release.evidence import WayBack
from pipeline_defs.release.records import Outcome
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import diagnose
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.lock import locked
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.procedure_report import report
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.rehearsal.database_copy import copy, remove_copy, take_down
from pipeline_defs.server.rehearsal.kept_running import UNTIL, keep_preview, routed, up_again
from pipeline_defs.server.rehearsal.rehearsal_preflight import rehearsal_preflight
from pipeline_defs.server.rehearsal.way_back import way_back
from pipeline_defs.server.state.facts import Facts, facts_command, parse_facts
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.cleanup import tidy
from pipeline_defs.server.steps.e2e_addresses import refuse_foreign
from pipeline_defs.server.steps.hook_steps import after, before


def rehearse(task: Task, server: Runner, production: Site) -> Report:
    """Run the rehearsal. An expected failure is a report with its sentence, not an exception.

    Raises nothing but what interrupts the run (BaseException), after staging was taken down and the copy was removed.
    """
    site, execution = task.site, Execution()
    try:
        with locked(site, task, server, execution.notes, facts_command(site), facts_command(production)) as held:
            execution.token = held.token
            facts, live = parse_facts(site, held.answers[0]), parse_facts(production, held.answers[1])
            refuse_foreign(site, task.files, production)
            procedure = Procedure(site, task, server, execution, on_failure=diagnose(site))
            procedure.run(plan(task, facts, production, live))
            found = way_back(task, procedure, facts, live.current) if live.current else None
            lacks = keep_preview(task, procedure, facts, found)
            if UNTIL not in execution.facts:
                procedure.run(end_rehearsal(task, facts, found))
    except ServerError as error:
        return report(task, execution, Outcome.FAILED, str(error))
    made = report(task, execution, Outcome.SUCCEEDED, None, live=task.release, way_back=found)
    return replace(made, kept_until=execution.facts.get(UNTIL), not_kept=lacks)


def plan(task: Task, facts: Facts, production: Site, live: Facts) -> list[Step]:
    """The steps up to the last test of the release itself, from facts alone: nothing is executed here."""
    return shared_steps.in_order(
        rehearsal_preflight(task, facts, production),
        copy(task, facts, production, live),
        _prove(task, facts),
    )


def _prove(task: Task, facts: Facts) -> list[Step]:
    site, release = task.site, task.release
    assert release is not None
    folder = site.folder(release)
    return shared_steps.in_order(
        before(site, task, facts.compose, "stage"),
        shared_steps.start(site, facts, folder, name=StepName.REST_UP, undo=take_down(site)),
        shared_steps.ask_revision_before(site, facts, folder),
        shared_steps.migrate(site, facts, folder),
        shared_steps.wait_healthy(site),
        shared_steps.verify(site, task, facts, release, folder),
        after(site, task, facts.compose, "stage"),
    )


def end_rehearsal(task: Task, facts: Facts, tried: WayBack | None) -> list[Step]:
    """Take the rehearsal down and remove the copy; or, to be tried by people, have the release itself run on it."""
    site = task.site
    if not site.config.keep_running:
        return shared_steps.in_order(Step(StepName.DOWN, take_down(site)), remove_copy(task), tidy(task))
    return shared_steps.in_order(up_again(task, facts, tried), routed(site), tidy(task))
