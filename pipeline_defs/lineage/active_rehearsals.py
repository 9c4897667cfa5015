"""Rehearsals that are under way, among the runs in Dagster's storage."""

from collections.abc import Callable, Sequence

from dagster import DagsterInstance, DagsterRun, RunsFilter

from pipeline_defs.lineage.events import environment_key, short
from pipeline_defs.release.image_lookup import image_of
from pipeline_defs.release.records import Image
from pipeline_defs.release.run_tags import DIGEST, tag_of
from pipeline_defs.release.version import VersionError
from pipeline_defs.runtime.run_statuses import UNFINISHED


def rehearsing(
    instance: DagsterInstance, app: str, staging: str, digest: str, images: Callable[[], Sequence[Image]]
) -> str | None:
    """The run that rehearses an image in the environment `staging`, or will once it leaves the queue; None where there is none."""
    wanted = RunsFilter(tags={"target": environment_key(app, staging).to_user_string()}, statuses=list(UNFINISHED))
    runs = instance.get_runs(wanted)
    known = images() if runs else []
    return next((run.run_id for run in runs if _digest(run, known) == short(digest)), None)


def _digest(run: DagsterRun, images: Sequence[Image]) -> str:
    """The first digits of what a run rehearses: as it says itself once it has begun, else of what it was asked for."""
    tags = run.tags
    if said := tag_of(tags, DIGEST):
        return said
    try:
        found = image_of(images, version=tags.get("version", ""), commit=tags.get("commit", ""))
    except VersionError:
        return ""
    return short(found.digest) if found else ""
