"""Rehearse: a release proves itself on a copy of production's database."""

from dataclasses import replace
from typing import Any

from pipeline_defs.deployments.attempt import beginning, ending
from pipeline_defs.deployments.attempt_text import steps_text
from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import Outside, Place, Recording, Telling
from pipeline_defs.deployments.release_choice import image_to_rehearse
from pipeline_defs.deployments.task_factory import attempt_task, content_of, platforms_of, server_of
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal import rehearse_procedure as procedure


def rehearse(place: Place, wanted: Wanted, run: Recording, tell: Telling, outside: Outside) -> Rehearsal:
    """Rehearse the image that is wanted and give the record with its end, which is written down only if it failed.

    Raises DeploymentError where there is no such image.
    """
    app, site = place.app, place.site
    assert site.config.rehearses is not None
    image = image_to_rehearse(app, wanted, run, tell)
    release, content = content_of(site, image, outside.source.of(app))
    run.tag(release_tags(release))
    row = Rehearsal(release=release, environment=place.environment, **beginning(run))
    registry = outside.registry.of(app)
    task = attempt_task(row.id, place, content, run, tell, registry, outside)
    task = replace(task, platforms=platforms_of(registry, release, tell))
    with server_of(outside.ssh, task) as server:
        run.note(row)
        tell.say(f"rehearse {release.version} ({release.reference}) in {site}")
        report = procedure.rehearse(task, server, Site.of(app, site.config.rehearses))
    row = row.model_copy(update={**ending(report, row.started), **_evidence(report)})
    tell.say(f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}")
    if row.outcome is not Outcome.SUCCEEDED:
        run.note(row)
    return row


def _evidence(report: Report) -> dict[str, Any]:
    """What a rehearsal has found out besides what any attempt does."""
    copied = report.copied
    return {
        "migrations": report.migrations,
        "copied": copied,
        "way_back": report.way_back,
        "database_bytes": copied.dump_bytes if copied else None,
    }
