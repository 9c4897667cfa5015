"""Rehearse: a release proves itself on a copy of production's database."""

from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.config import App
from pipeline_defs.config.pull_place import PullEnvironment, with_pull_place
from pipeline_defs.deployments.attempt import beginning, ending, since
from pipeline_defs.deployments.attempt_text import steps_text
from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import Outside, Place, Recording, Telling
from pipeline_defs.deployments.pull_sweep import Pulls, is_preview, sweep
from pipeline_defs.deployments.rehearsal_reuse import earlier_rehearsal, ground_of_pull
from pipeline_defs.deployments.release_choice import image_to_rehearse
from pipeline_defs.deployments.task_factory import attempt_task, content_of, platforms_of, server_of
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.release.records import Image, Outcome, Preview, Rehearsal
from pipeline_defs.release.run_tags import PREVIEW, PREVIEW_UNTIL, UP
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal import rehearse_procedure as procedure
from pipeline_defs.server.rehearsal.pull_places import remove_place


def rehearse(
    place: Place, wanted: Wanted, run: Recording, tell: Telling, outside: Outside, *, reuse: bool = False
) -> Rehearsal:
    """Rehearse the image that is wanted and give the record with its end, which is written down only if it failed.

    With `reuse` the rehearsal of the pull request that was merged stands for it, where nothing has changed since. Raises
    DeploymentError where there is no such image.
    """
    image = image_to_rehearse(place.app, wanted, run, tell)
    row = _carry_out(_Rehearsed(place, place, image, reuse=reuse), run, tell, outside)
    if row.outcome is not Outcome.SUCCEEDED:
        run.note(row)
    return row


def rehearse_pull(
    place: Place, image: Image, run: Recording, tell: Telling, outside: Outside, pulls: Pulls
) -> Rehearsal:
    """Rehearse the head of a pull request, confined, in a place of its own, and give the record with its end, which is written down.

    `place` is where merges are rehearsed. The place of the pull request is removed at the end, however that comes, unless it is to stay
    up and has passed; places that killed runs have left are removed too.
    """
    app, environment = with_pull_place(place.app, image.pull, image.branch)
    row = _carry_out(_Rehearsed(Place(app, environment), place, image), run, tell, outside, pulls)
    run.note(row)
    if row.preview and row.preview.address:
        run.tag({PREVIEW: UP, PREVIEW_UNTIL: row.preview.until})
    return row


@dataclass(frozen=True)
class _Rehearsed:
    """What is rehearsed where; `recorded` is the place under whose name it is written down."""

    place: Place
    recorded: Place
    image: Image
    reuse: bool = False


def _carry_out(
    what: _Rehearsed, run: Recording, tell: Telling, outside: Outside, pulls: Pulls | None = None
) -> Rehearsal:
    """The rehearsal itself; `pulls` is given for that of a pull request."""
    place, image = what.place, what.image
    app, site = place.app, place.site
    assert site.config.rehearses is not None
    release, content = content_of(site, image, outside.source.of(app))
    run.tag(release_tags(release))
    pull = image.pull if pulls else 0
    row = Rehearsal(release=release, environment=what.recorded.environment, pull=pull, **beginning(run))
    registry = outside.registry.of(app)
    task = attempt_task(row.id, place, content, run, tell, registry, outside)
    task = replace(task, platforms=platforms_of(registry, release, tell))
    with server_of(outside.ssh, task) as server:
        if pulls:
            if is_preview(app, server, pull):  # of the head before
                remove_place(site, server, unless_alive=True)
            sweep(app, server, pulls, tell, coming=1)
            row = row.model_copy(
                update={"ground": ground_of_pull(what.recorded, image, content, outside.source.of(app), server)}
            )
        elif what.reuse and (earlier := earlier_rehearsal(place, image, content, run, outside.source.of(app), server)):
            tell.say(f"rehearsed by run {earlier.run[:8]}, as pull request #{earlier.pull}: nothing has changed since")
            return _as_rehearsed(row, earlier)
        run.note(row)
        tell.say(f"rehearse {release.version} ({release.reference}) in {site}")
        kept = False
        try:
            report = procedure.rehearse(task, server, Site.of(app, site.config.rehearses))
            kept = report.kept_until is not None
        finally:
            if pulls and not kept and (stays := remove_place(site, server)):
                tell.say(stays)
        if pulls and kept:
            _sweep_again(app, server, pulls, tell)
    row = row.model_copy(update={**ending(report, row.started), **_evidence(report), "preview": _preview(site, report)})
    tell.say(f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}")
    return row


def _as_rehearsed(row: Rehearsal, earlier: Rehearsal) -> Rehearsal:
    """The record of a merge that its pull request's rehearsal stands for."""
    own = {"id", "release", "environment", "started", "run", "actor", "pull", "ground", "preview", "seconds", "log"}
    proved = {name: value for name, value in dict(earlier).items() if name not in own}
    return row.model_copy(update={**proved, "reused": earlier.run, "seconds": since(row.started)})


def _sweep_again(app: App, server: Runner, pulls: Pulls, tell: Telling) -> None:
    """Two that were rehearsed at once may be one preview too many. What fails here is left to the next sweep."""
    try:
        sweep(app, server, pulls, tell)
    except ServerError as error:
        tell.say(str(error))


def _preview(site: Site, report: Report) -> Preview | None:
    """What stays up of a pull request that has passed; None where nothing was to."""
    config = site.config
    if not isinstance(config, PullEnvironment) or config.preview is None or report.outcome is not Outcome.SUCCEEDED:
        return None
    if report.kept_until is None:
        return Preview(lacks=report.not_kept or "")
    return Preview(address=config.preview.address(config.pull, config.host.router), until=report.kept_until)


def _evidence(report: Report) -> dict[str, Any]:
    """What a rehearsal has found out besides what any attempt does."""
    copied = report.copied
    return {
        "migrations": report.migrations,
        "copied": copied,
        "way_back": report.way_back,
        "database_bytes": copied.dump_bytes if copied else None,
    }
