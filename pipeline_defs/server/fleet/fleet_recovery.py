"""Fleet recovery: a change that did not reach all hosts of a fleet is taken back, so that all run one release again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline_defs.config.host import Host
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.core.undo import undoing_migrations
from pipeline_defs.server.fleet import agreement
from pipeline_defs.server.fleet.agreement import agreed, first_of, name_of
from pipeline_defs.server.fleet.member import Member, all_locked, on_each, together
from pipeline_defs.server.fleet.rolling_update import RollingUpdate
from pipeline_defs.server.steps.restore_database import MIGRATE, RESTORE
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback


def recover(members: Sequence[Member]) -> Report:
    """Have all hosts that can be reached run what they are meant to run, verified.

    A failure is a report that says which hosts are not there, what runs on the others, and that whoever comes next makes it good.
    """
    away: dict[Host, str] = {}
    try:
        with all_locked(members, without=away) as there:
            if not there:
                raise ServerError("; ".join(away.values()))
            meant = agreed([member.state for member in there], complete=not away)
            goes = {member.host: release for member, release in zip(there, meant, strict=True)}
            turn = _turn(goes, there[0].task.site.config.parallel)
            turn.run(there)
            close_notes([each for each in there if turn.reports[each.host].outcome is Outcome.SUCCEEDED])
    except ServerError as error:
        return Report(Outcome.FAILED, error=str(error))
    lost = {host: Report(Outcome.FAILED, error=sentence) for host, sentence in away.items()}
    release = first_of(meant)
    report = together(members, turn.reports | lost, [goes.get(member.host) for member in members])
    return replace(report, live=release) if report.error is None else replace(report, error=_said(report, release))


def revert(members: Sequence[Member], reports: Mapping[Host, Report], before: Sequence[Release | None]) -> None:
    """After an interruption: bring back what ran before on the hosts whose change had ended. Those amid it did so by themselves."""
    meant = {member.host: release for member, release in zip(members, before, strict=True)}
    changed = [member for member in members if member.host in reports and reports[member.host].changed]
    if not changed:
        return
    first = changed[0]
    if first is members[0]:
        task, made = first.task, reports[first.host]
        told = made.steps, made.revision_before, made.revision
        changed[0] = replace(
            first, task=undoing_migrations(task, task.release, meant[first.host], task.way_back, *told)
        )
    turn = _turn(meant, first.task.site.config.parallel)
    turn.run(changed)
    close_notes([each for each in changed if turn.reports[each.host].outcome is Outcome.SUCCEEDED])


def close_notes(members: Sequence[Member]) -> None:
    """The change is over. A host that is lost just now has a note too many, which whoever comes next sees through."""

    def forget(member: Member) -> None:
        try:
            agreement.forget(member.site, member.server)
        except ServerError as error:
            member.task.say(str(error))

    on_each(members, forget)


def _turn(meant: Mapping[Host, Release | None], at_once: int) -> RollingUpdate:
    """Bring each host to the release that it is meant to run. That one fails is no reason to leave another one where it is."""
    return RollingUpdate(
        lambda member, server: _bring(member, server, meant[member.host]), at_once, despite_failures=True
    )


def _bring(member: Member, server: Runner, release: Release | None) -> Report:
    """Bring one host to a release, by the very procedures that one host has; the first one with its database. Raises ServerError."""
    site = member.site
    state = agreement.read_state(site, server)
    # A name of its own, so that the backup which the change has made is not written over.
    task = replace(member.task, id=f"{member.task.id}-back", release=release, frozen=True)
    task = replace(task, returns=True, admitted=None)
    if name_of(state.current) == name_of(release):
        return rollback(replace(task, release=None), server)
    if release is None:
        agreement.run_nothing(site, server)
        return rollback(replace(task, release=None), server)
    task = replace(task, files=(task.files_at(release.commit) if task.files_at else None) or {})
    how, _, path = (state.open.database if state.open else "").partition(" ")
    if how == MIGRATE:
        return deploy(replace(task, downgrade_to=None), server)
    return rollback(replace(task, restore_from=path if how == RESTORE else None), server)


def _said(report: Report, release: Release | None) -> str:
    """What went wrong, what runs where, and what becomes of it."""
    wrong = "; ".join(each.error for each in report.hosts if each.error)
    fine = [each.host for each in report.hosts if each.error is None]
    runs = f"{release.version} runs" if release else "nothing runs"
    others = f", {runs} on {', '.join(fine)}" if fine else ""
    return f"{wrong}{others}; the next run in this environment brings all hosts to one release"
