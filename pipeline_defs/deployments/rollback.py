"""Rollback: an environment on a release that worked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline_defs.deployments.attempt import beginning, ending, new_id, since
from pipeline_defs.deployments.attempt_text import hosts_text, steps_text
from pipeline_defs.deployments.deploy import Ended
from pipeline_defs.deployments.protocols import DeploymentError, Outside, Place, Recording, Telling
from pipeline_defs.deployments.release_choice import live_release
from pipeline_defs.deployments.rollback_order import RollbackOrder
from pipeline_defs.deployments.task_factory import Content, attempt_task, files_of, release_for, servers_of
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release
from pipeline_defs.release.recovery import answered_by, way_back_failed
from pipeline_defs.release.tags import PREVIOUS_UP
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.published_images import tag_each
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.compose.site_settings import Settings, settings_of
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.core.undo import undoing_migrations
from pipeline_defs.server.fleet.fleet_procedures import rollback_all
from pipeline_defs.server.fleet.member import Line

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


def rollback(place: Place, order: RollbackOrder, run: Recording, tell: Telling, outside: Outside) -> Ended:
    """Do what is ordered; doing it twice is harmless. The records that it ended with are for the caller to write down.

    Raises DeploymentError where it failed, once that is written down.
    """
    app, site = place.app, place.site
    live = live_release(app, run.lineage.environment(app, place.environment))
    settings, registry = settings_of(site), outside.registry.of(app)
    release: Release | None = order.release
    files: Mapping[str, bytes] = {}
    if release is not None:
        release, files = _with_files(site, release, settings, outside.source.of(app), order, tell)
        _remember(live, registry, tell)
    row = _begun(place, release or live, live, order, run)
    content = Content(release, files, settings)
    task = attempt_task(row.id if row else new_id(), place, content, run, tell, registry, outside)
    # What went wrong is put right as far as it can be; a change that a person asks for needs all hosts.
    with servers_of(outside.ssh, task, all_there=release is not None or len(site.config.hosts) == 1) as servers:
        task = replace(_with_database(task, order, tell), frozen=order.frozen)
        if row is not None:
            run.note(row)
        tell.say(f"go back to {_goal(row, live)} in {site}")
        report = rollback_all(task, servers)
        if report.outcome is not Outcome.SUCCEEDED and report.changed and release is not None:
            report = _stay(task, servers, report)
    tell.say(f"{report.outcome}\n\n{steps_text(report.steps)}\n\n{hosts_text(report.hosts)}".rstrip())
    if report.outcome is not Outcome.SUCCEEDED:
        _note_failure(row, order, report, run)
        raise DeploymentError(f"the rollback failed, {_what_now(place.environment, order, report)}: {report.error}")
    for sentence in report.left:
        tell.say(f"not as before: {sentence}")
    if report.live is not None and not _is_answer_within(run.id, order):
        run.tag(release_tags(report.live))
    return Ended((*_closed(order.failed, report), *_ended(row, report)))


def _goal(row: Deployment | None, live: Release | None) -> str:
    """What is gone back to, with its commit where that is the version that runs now."""
    if row is None:
        return "nothing, as before the first deployment,"
    version, commit = row.release.version, row.release.commit
    again = live is not None and live.version == version
    return f"{version} as it was at commit {commit[:12]}" if again and commit else version


def _with_database(task: Task, order: RollbackOrder, tell: Telling) -> Task:
    """The task with what becomes of the database: as it was decided, or by the verdict that a failed deployment was made with."""
    if order.going is not None:
        tell.say(order.going.sentence)
        return replace(task, downgrade_to=order.going.downgrade_to, restore_from=order.going.restore_from)
    failed = order.failed
    if failed is None or failed.kind is not DeploymentKind.DEPLOY:
        return task
    made = failed.steps, failed.revision_before, failed.revision
    task = undoing_migrations(task, failed.release, failed.previous, failed.way_back, *made)
    if failed.way_back is not None and task.downgrade_to is not None:
        tell.say(f"the {failed.way_back.brief}; its migrations are taken back to {task.downgrade_to}")
    return task


def _is_answer_within(run: str, order: RollbackOrder) -> bool:
    """True when this very run made the deployment that is undone: people look for it by the release it was to deploy."""
    return order.failed is not None and order.failed.run == run


def _with_files(
    site: Site, release: Release, settings: Settings, source: Source, order: RollbackOrder, tell: Telling
) -> tuple[Release, Mapping[str, bytes]]:
    """The release with its commit's files; without them, should they not be had now, as the server still has it."""
    try:
        files = files_of(site, release.commit, source, settings)
    except (SourceError, EngineError) as error:
        tell.say(f"{error}; the files of {release.version} that are still on the server are used")
        return release, {}
    return (release if order.frozen else release_for(site, release, files, settings)), files


def _stay(task: Task, servers: Sequence[Line], report: Report) -> Report:
    """After a rollback to a named release that failed half-way: make what ran until now serve again."""
    task.say(f"going back failed, what ran until now is brought back: {report.error}")
    again = rollback_all(replace(task, id=new_id(), release=None, downgrade_to=None, restore_from=None), servers)
    outcome = Outcome.ROLLED_BACK if again.outcome is Outcome.SUCCEEDED else Outcome.FAILED
    return replace(report, outcome=outcome, steps=report.steps + again.steps, live=again.live, hosts=again.hosts)


def _remember(live: Release | None, images: "Registry", tell: Telling) -> None:
    """Tag what runs now, so that it is found again; a registry that does not answer keeps nobody from going back."""
    if live is not None:
        try:
            tag_each(images, live.digest, live.images, PREVIOUS_UP)
        except RegistryError as error:
            tell.say(f"{PREVIOUS_UP} stays where it is: {error}")


def _begun(
    place: Place, target: Release | None, live: Release | None, order: RollbackOrder, run: Recording
) -> Deployment | None:
    """The record of the rollback; None where nothing ran before, so that nothing can run afterwards."""
    if target is None:
        return None
    failed = order.failed.id if order.failed else None
    return Deployment(
        kind=DeploymentKind.ROLLBACK,
        release=target,
        environment=place.environment,
        previous=order.failed.release if order.failed else live,
        because_of=order.because_of or failed,
        reason=order.reason,
        **beginning(run),
    )


def _ended(row: Deployment | None, report: Report) -> tuple[Deployment, ...]:
    """The rollback's record, with what the server says that runs now."""
    if row is None or report.live is None:
        return ()
    found = {"backup": report.backup, "release": report.live, "hosts": report.hosts, "unproved": report.unproved}
    hooks = {"failed_hooks": report.failed_hooks}
    return (row.model_copy(update={**ending(report, row.started), **found, **hooks}),)


def _closed(failed: Deployment | None, report: Report) -> tuple[Deployment, ...]:
    """The end of the deployment that is undone. Its error says, too, what does not run as it ran before."""
    if failed is None:
        return ()
    ended = answered_by(failed, report.live, report.unproved, since(failed.started))
    if ended.error and report.left:
        ended = ended.model_copy(update={"error": f"{ended.error}; not as before: {'; '.join(report.left)}"})
    return (ended,)


def _note_failure(row: Deployment | None, order: RollbackOrder, report: Report, run: Recording) -> None:
    """Write what went wrong. The record of a deployment that this run made stays open: a run of its own tries the way back once more.

    Where this is that run, a person is needed, and the record is closed: nothing more is started by itself.
    """
    ended = row.model_copy(update={**ending(report, row.started), "hosts": report.hosts}) if row else None
    within, seconds = _is_answer_within(run.id, order), since(order.failed.started) if order.failed else 0.0
    for record in way_back_failed(
        order.failed,
        ended,
        within=within,
        serves=report.live is not None or not report.changed,
        why=str(report.error),
        seconds=seconds,
    ):
        run.note(record)


def _what_now(environment: str, order: RollbackOrder, report: Report) -> str:
    """What follows a rollback that failed, for people."""
    if report.live is not None:
        return f"{report.live.version} runs on" if not report.changed else "what ran until now runs on"
    if not report.changed and order.failed is None:
        return "nothing was changed"
    if order.failed is not None and not order.because_of:
        return "and is tried once more by a run of its own"
    return f"{environment} needs a person"
