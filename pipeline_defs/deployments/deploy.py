"""Deploy: a release into an environment that people use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.deployments.admission import ask, ask_again
from pipeline_defs.deployments.attempt import beginning, ending
from pipeline_defs.deployments.attempt_text import hosts_text, steps_text
from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import DeploymentError, Outside, Place, Recording, Telling
from pipeline_defs.deployments.release_choice import image_to_deploy, live_release
from pipeline_defs.deployments.rollback_order import RollbackOrder
from pipeline_defs.deployments.task_factory import attempt_task, content_of, servers_of
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.release.admission_rules import Admission, Requester
from pipeline_defs.release.database_rollback import at_stake
from pipeline_defs.release.deployed_changes import deployed_changes
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Image, Outcome, Release
from pipeline_defs.release.request import FREEZE, REHEARSAL, WAITS_FOR
from pipeline_defs.release.run_tags import MADE_BY
from pipeline_defs.release.tags import PREVIOUS_UP
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.published_images import tag_each
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.url_probe import Reach
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.fleet.fleet_procedures import deploy_all


@dataclass(frozen=True)
class Ended:
    """The records a deployment or rollback ended with, in order; what runs now is the release of the last, if that succeeded."""

    rows: tuple[Deployment, ...]


@dataclass(frozen=True)
class NotBegun:
    """Nothing was deployed: it was not to be, or it waits. `why` says it in a sentence."""

    why: str


def deploy(
    place: Place, wanted: Wanted, requester: Requester, run: Recording, tell: Telling, outside: Outside
) -> Ended | RollbackOrder | NotBegun:
    """Deploy the release that is wanted.

    Returns:
        Ended: it runs.
        RollbackOrder: it failed after something was changed, and that has to be undone.
        NotBegun: nothing was to be done, or it waits for a freeze or a rehearsal to end, which is written down.

    Raises:
        DeploymentError: it was refused, or it failed before anything was changed.
    """
    app, environment, site = place.app, place.environment, place.site
    image = image_to_deploy(app, wanted, run)
    live = live_release(app, run.lineage.environment(app, environment))
    registry, source = outside.registry.of(app), outside.source.of(app)
    release, content = content_of(site, image, source)
    run.tag(release_tags(release))
    found = _admitted(place, release, requester, run)
    if found.done:
        tell.say(f"skipped: {found.done}; nothing is to be done")
        return NotBegun(found.done)
    _tell_way_back(found, release, live, tell)
    came = _came(source, run.lineage.images(app), live, release, tell)
    row = _begun(place, wanted, release, live, {**came, **beginning(run), **_recorded(found)})
    if row.outcome in HELD:
        _wait(row, run, tell)
        return NotBegun(str(row.error))
    task = attempt_task(row.id, place, content, run, tell, registry, outside)
    again = ask_again(app, environment, release, run.lineage, requester)
    reaches = Reach(site.config.url, first=live is None, say=tell.say) if site.config.url else None
    task = replace(task, way_back=row.way_back, reaches=reaches, admitted=again)
    with servers_of(outside.ssh, task) as servers:
        if live is not None and environment == app.deployed[0]:
            # True whether or not anything comes of the deployment.
            tag_each(registry, live.digest, live.images, PREVIOUS_UP)
        run.note(row)
        tell.say(f"deploy {release.version} ({release.reference}) to {site}")
        report = deploy_all(task, servers)
    return _ended(row, report, run, tell)


def _admitted(place: Place, release: Release, requester: Requester, run: Recording) -> Admission:
    """Whether the release may be deployed, as far as that is known before its servers are asked. Raises DeploymentError."""
    found = ask(place.app, place.environment, release, run.lineage, requester)
    if found.made_by is not None:
        run.tag({MADE_BY: found.made_by.run})
    if found.refusal:
        raise DeploymentError(found.refusal)
    return found


def _begun(place: Place, wanted: Wanted, release: Release, live: Release | None, told: dict[str, Any]) -> Deployment:
    return Deployment(
        kind=DeploymentKind.DEPLOY,
        release=release,
        environment=place.environment,
        previous=live,
        reason=wanted.reason,
        **told,
    )


def _recorded(found: Admission) -> dict[str, Any]:
    """What an admission adds to the record of a deployment."""
    waits = found.waits_until
    held = {"outcome": waits.outcome, "frozen_until": waits.until, "error": waits.sentence} if waits else {}
    return {**held, "way_back": found.way_back, "freeze_overridden": found.freeze_overridden}


def _wait(row: Deployment, run: Recording, tell: Telling) -> None:
    """Write down that a deployment waits; a sensor finds it by the run's tag."""
    run.tag({WAITS_FOR: FREEZE if row.outcome is Outcome.FROZEN else REHEARSAL})
    run.note(row)
    tell.say(f"{row.release.version} is made, and {row.error}")


def _tell_way_back(found: Admission, release: Release, live: Release | None, tell: Telling) -> None:
    """Say before anything is changed what the rehearsal says of the way back to what runs now."""
    if found.way_back:
        tell.say(f"the {found.way_back}")
    elif live is not None and live.digest != release.digest:
        tell.say(f"the way back to {live.version}: no rehearsal has tried it")


def _came(
    source: Source, images: Sequence[Image], live: Release | None, release: Release, tell: Telling
) -> dict[str, Any]:
    """The commits that the release brings, and when they were made; a git server that does not answer keeps nothing from being deployed."""
    since = live.commit if live else None
    known = {
        image.commit: (image.pull, image.issue)
        for image in images
        if (image.pull or image.issue) and not image.untrusted
    }
    try:
        times = source.commit_times(since, release.commit)
        commits = source.commits_brought(since, release.commit)
    except SourceError as error:
        tell.say(f"the commits that come stay unknown: {error}")
        return {}
    return {"committed": tuple(moment.isoformat() for moment in times), "brought": deployed_changes(commits, known)}


def _ended(row: Deployment, report: Report, run: Recording, tell: Telling) -> Ended | RollbackOrder:
    """What follows. Raises DeploymentError where it failed before anything was changed."""
    found = {"backup": report.backup, "previous": report.previous or row.previous, "hosts": report.hosts}
    hooks = {"failed_hooks": report.failed_hooks}
    row = row.model_copy(update={**ending(report, row.started), **found, **hooks})
    if row.way_back and row.previous and row.way_back.digest != row.previous.digest:
        row = row.model_copy(update={"way_back": None})  # the server ran another release than the lineage knew of
    tell.say(f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}\n\n{hosts_text(row.hosts)}".rstrip())
    version = row.release.version
    if row.outcome is Outcome.SUCCEEDED:
        return Ended((row,))
    if not report.changed:
        run.note(row)
        said = f"the deployment of {version} failed before anything was changed: {row.error}"
        raise DeploymentError(said, record=row)
    row = _with_stake(row.model_copy(update={"failed_after_change": True}))
    tell.say(f"{version} failed, going back: {row.error}")
    return RollbackOrder(failed=row.model_copy(update={"outcome": Outcome.STARTED}))


def _with_stake(row: Deployment) -> Deployment:
    """The record of a failed deployment whose error says, too, what is at stake with the database."""
    stake = at_stake(row)
    return row.model_copy(update={"error": f"{row.error}; {stake}"}) if stake else row
