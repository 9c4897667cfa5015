"""Rehearsals: whether a release passed one, and whether one is under way."""

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.events import environment_key, short
from pipeline_defs.release.images import image_of
from pipeline_defs.release.records import Image, Outcome
from pipeline_defs.release.version import VersionError


def rehearsed(lineage: Lineage, app: App, digest: str) -> bool:
    """True when an image has passed a rehearsal."""
    rows = lineage.environment(app, app.staging) if app.staging else []
    return any(row.outcome == Outcome.SUCCEEDED and row.digest == digest for row in rows)


def rehearsing(instance: dg.DagsterInstance, lineage: Lineage, app: App, digest: str) -> str | None:
    """The run that rehearses an image, or will once it leaves the queue; None where there is none."""
    if app.staging is None:
        return None
    target = environment_key(app.name, app.staging).to_user_string()
    wanted = dg.RunsFilter(tags={"target": target}, statuses=NOT_FINISHED_STATUSES)
    runs = instance.get_runs(wanted)
    images = lineage.images(app) if runs else []
    return next((run.run_id for run in runs if _digest(run, images) == short(digest)), None)


def _digest(run: dg.DagsterRun, images: list[Image]) -> str:
    """The first digits of what a run rehearses: as it says itself once it has begun, else of what it was asked for."""
    tags = run.tags
    if "digest" in tags:
        return tags["digest"]
    try:
        found = image_of(images, version=tags.get("version", ""), commit=tags.get("commit", ""))
    except VersionError:
        return ""
    return short(found.digest) if found else ""
