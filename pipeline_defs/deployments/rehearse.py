"""Rehearse: a release proves itself on a copy of production's database."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.config import App
from pipeline_defs.config.pull_place import SUFFIX, with_pull_place
from pipeline_defs.deployments.attempt import beginning, ending, since
from pipeline_defs.deployments.attempt_text import steps_text
from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import Outside, Place, Recording, Telling
from pipeline_defs.deployments.rehearsal_reuse import earlier_rehearsal, ground_of_pull
from pipeline_defs.deployments.release_choice import image_to_rehearse
from pipeline_defs.deployments.task_factory import attempt_task, content_of, platforms_of, server_of
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.release.records import Image, Outcome, Rehearsal
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal import rehearse_procedure as procedure
from pipeline_defs.server.rehearsal.pull_places import find_places, remove_place


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
    place: Place, image: Image, run: Recording, tell: Telling, outside: Outside, busy: Callable[[], Collection[int]]
) -> Rehearsal:
    """Rehearse the head of a pull request, confined, in a place of its own, and give the record with its end, which is written down.

    `place` is where merges are rehearsed; `busy` gives the pull requests that are rehearsed now. The place is removed at the end,
    however that comes, and so are places that killed runs have left.
    """
    app, environment = with_pull_place(place.app, image.pull, image.branch)
    row = _carry_out(_Rehearsed(Place(app, environment), place, image), run, tell, outside, busy)
    run.note(row)
    return row


def sweep(app: App, server: Runner, busy: Callable[[], Collection[int]], tell: Telling) -> bool:
    """Remove the places of pull requests that are not being rehearsed. What is on the server decides, and then what runs.

    Gives whether any of them stays. Raises ServerError.
    """
    stays = False
    assert app.staging is not None
    for pull in find_places(f"{Site.of(app, app.staging).path()}{SUFFIX}", server):
        if pull not in busy():
            there, name = with_pull_place(app, pull, "")
            said = remove_place(Site.of(there, name), server, unless_alive=True)
            stays = stays or bool(said)
            tell.say(said or f"removed what a run had left of the rehearsal of pull request #{pull}")
    return stays


@dataclass(frozen=True)
class _Rehearsed:
    """What is rehearsed where; `recorded` is the place under whose name it is written down."""

    place: Place
    recorded: Place
    image: Image
    reuse: bool = False


def _carry_out(
    what: _Rehearsed, run: Recording, tell: Telling, outside: Outside, busy: Callable[[], Collection[int]] | None = None
) -> Rehearsal:
    """The rehearsal itself; `busy` is given for that of a pull request."""
    place, image = what.place, what.image
    app, site = place.app, place.site
    assert site.config.rehearses is not None
    release, content = content_of(site, image, outside.source.of(app))
    run.tag(release_tags(release))
    pull = image.pull if busy else 0
    row = Rehearsal(release=release, environment=what.recorded.environment, pull=pull, **beginning(run))
    registry = outside.registry.of(app)
    task = attempt_task(row.id, place, content, run, tell, registry, outside)
    task = replace(task, platforms=platforms_of(registry, release, tell))
    with server_of(outside.ssh, task) as server:
        if busy:
            sweep(app, server, busy, tell)
            row = row.model_copy(
                update={"ground": ground_of_pull(what.recorded, image, content, outside.source.of(app), server)}
            )
        elif what.reuse and (earlier := earlier_rehearsal(place, image, content, run, outside.source.of(app), server)):
            tell.say(f"rehearsed by run {earlier.run[:8]}, as pull request #{earlier.pull}: nothing has changed since")
            return _as_rehearsed(row, earlier)
        run.note(row)
        tell.say(f"rehearse {release.version} ({release.reference}) in {site}")
        try:
            report = procedure.rehearse(task, server, Site.of(app, site.config.rehearses))
        finally:
            if busy and (stays := remove_place(site, server)):
                tell.say(stays)
    row = row.model_copy(update={**ending(report, row.started), **_evidence(report)})
    tell.say(f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}")
    return row


def _as_rehearsed(row: Rehearsal, earlier: Rehearsal) -> Rehearsal:
    """The record of a merge that its pull request's rehearsal stands for."""
    own = {"id", "release", "environment", "started", "run", "actor", "pull", "ground", "seconds", "log"}
    proved = {name: value for name, value in dict(earlier).items() if name not in own}
    return row.model_copy(update={**proved, "reused": earlier.run, "seconds": since(row.started)})


def _evidence(report: Report) -> dict[str, Any]:
    """What a rehearsal has found out besides what any attempt does."""
    copied = report.copied
    return {
        "migrations": report.migrations,
        "copied": copied,
        "way_back": report.way_back,
        "database_bytes": copied.dump_bytes if copied else None,
    }
