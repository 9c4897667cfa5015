"""Fleet procedures: all hosts of an environment run one release. A change reaches all of them, or none.

With one host it is `deploy` and `rollback` themselves. With several, each of them is done on the first host alone, which has to do with the
database and shows whether the release is any good, and then on the others. What each host goes back to is written down there before
the first one is touched.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipeline_defs.release.admission_rules import HostFacts, first_host_is_empty
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.release.step_name import AHEAD, titled
from pipeline_defs.server.compose_rules.preflight import preflight
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.execution import FAILED_HOOKS, Execution
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.fleet import agreement, fleet_recovery
from pipeline_defs.server.fleet.agreement import Note, agreed, first_of, name_of
from pipeline_defs.server.fleet.member import Line, Member, all_locked, members_of, on_each, together
from pipeline_defs.server.fleet.rolling_update import RollingUpdate
from pipeline_defs.server.steps import hook_steps, shared_steps
from pipeline_defs.server.steps.hook_steps import Stage
from pipeline_defs.server.steps.restore_database import MIGRATE, RESTORE
from pipeline_defs.server.strategies.admission_recheck import expect_admitted
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback


def deploy_all(task: Task, servers: Sequence[Line]) -> Report:
    """Deploy `task.release` to all hosts, or to none; `servers` are in the order of the hosts.

    An expected failure is a report with its sentence; what runs then is for `rollback_all` to put right. Interrupted (a BaseException),
    it brings back itself what ran before, and lets the interruption go on.
    """
    if len(servers) == 1:
        return deploy(task, servers[0])
    members = members_of(task, servers)
    # All hosts together are asked about the candidate; each of them alone only knows what it runs itself.
    alone = RollingUpdate(
        lambda each, server: deploy(replace(each.task, admitted=None, without_hooks=True), server),
        task.site.config.parallel,
    )
    return _change(task, members, alone)


def rollback_all(task: Task, servers: Sequence[Line]) -> Report:
    """Go to `task.release` on all hosts; or, where it is None, have all hosts that can be reached run what they are meant to run.

    The second is how a change that failed or was killed is answered; done twice it changes nothing the second time.
    """
    if len(servers) == 1:
        return rollback(task, servers[0])
    members = members_of(task, servers)
    if task.release is None:
        return fleet_recovery.recover(members)
    return _change(
        task,
        members,
        RollingUpdate(
            lambda each, server: rollback(replace(each.task, without_hooks=True), server), task.site.config.parallel
        ),
        back=True,
    )


def _change(task: Task, members: list[Member], turn: RollingUpdate, *, back: bool = False) -> Report:
    """Change all hosts, once each of them is known to be able to. `back` allows an older release."""
    runs: Release | None = None
    stage: Stage = "rollback" if back else "deploy"
    try:
        with all_locked(members) as members:
            before = agreed([member.state for member in members], complete=True)
            runs = first_of(before)
            _expect_possible(task, members, before, back=back)
            pulled = on_each(members, partial(_prepare, back=back))
            _run_hooks_before(members[0], pulled[0], stage)
            _write_down(task, members, before)
            try:
                turn.run(members)
            except BaseException:
                task.say("interrupted: what ran before is brought back on the hosts that were changed")
                fleet_recovery.revert(members, turn.reports, before)
                raise
            if all(report.outcome is Outcome.SUCCEEDED for report in turn.reports.values()):
                fleet_recovery.close_notes(members)
                turn.reports[members[0].host] = _run_hooks_after(members[0], turn.reports[members[0].host], stage)
    except ServerError as error:
        return Report(Outcome.FAILED, previous=runs, live=runs, error=str(error))
    for member, execution in zip(members, pulled, strict=True):
        if report := turn.reports.get(member.host):
            turn.reports[member.host] = replace(report, steps=(*execution.steps, *report.steps))
    return together(members, turn.reports, before)


def _expect_possible(task: Task, members: Sequence[Member], before: Sequence[Release | None], *, back: bool) -> None:
    """Refuse what the first host alone would find out too late. Raises ServerError."""
    facts = [HostFacts(str(each.host), runs) for each, runs in zip(members, before, strict=True)]
    if not back:
        expect_admitted(task, facts)
    elif refusal := first_host_is_empty(facts):
        raise ServerError(f"{task.site}: {refusal}")


def _prepare(member: Member, *, back: bool) -> Execution:
    """See whether a host can run the release, and bring the images there, while the older one serves everywhere. Raises ServerError."""
    task, site, execution = member.task, member.site, Execution(token=member.task.token, notes=member.notes)
    assert task.release is not None
    ahead = shared_steps.in_order(
        shared_steps.write_files(site, task, task.release),
        preflight(site, task, member.state.compose, task.release, known=back),
        shared_steps.pull_image(task, task.release),
    )
    Procedure(site, task, member.server, execution).run(
        [replace(step, name=titled(step.name, after=AHEAD)) for step in ahead]
    )
    return execution


def _run_hooks_before(first: Member, execution: Execution, stage: Stage) -> None:
    """Run the hooks on the first host, before any host is changed. Raises ServerError."""
    steps = hook_steps.before(first.site, first.task, first.state.compose, stage)
    Procedure(first.site, first.task, first.server, execution).run(steps)


def _run_hooks_after(first: Member, report: Report, stage: Stage) -> Report:
    """Run the hooks on the first host, once all hosts run the release; gives its report with what came of them."""
    execution = Execution(token=first.task.token, notes=first.notes)
    hook_steps.run_after(first.site, first.task, first.server, execution, first.state.compose, stage)
    failed = tuple(execution.facts.get(FAILED_HOOKS, ()))
    return replace(report, steps=(*report.steps, *execution.steps), failed_hooks=failed)


def _write_down(task: Task, members: Sequence[Member], before: Sequence[Release | None]) -> None:
    """Write down on each host what it goes back to, should the change not reach all of them. Raises ServerError."""
    leads = name_of(task.release)
    notes = {
        each.host: Note(begun=name_of(each.state.current), leads=leads, before=goes, database=_undo(each.task))
        for each, goes in zip(members, before, strict=True)
    }
    on_each(members, lambda each: agreement.write(each.site, each.server, notes[each.host]))


def _undo(task: Task) -> str:
    """What else it takes to go back on the host whose database is changed by a rollback."""
    if task.restore_from:
        return f"{RESTORE} {shared_steps.backup_path(task)}"
    return MIGRATE if task.downgrade_to else ""
