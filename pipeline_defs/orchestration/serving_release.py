"""Serving release: what an environment's asset says of the release that serves, and which versions of other assets that came from."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.events import environment_key, image_key, provenance
from pipeline_defs.lineage.shown_versions import SINCE
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.image_assets import versions_used
from pipeline_defs.release.admission_rules import rehearsed
from pipeline_defs.release.history import RUNNING, trouble
from pipeline_defs.release.records import Deployment, Outcome

NOT_REHEARSED = "not rehearsed"
"""The version of staging that a deployment says it used when its image never passed a rehearsal."""


def used(app: App, live: Deployment, lineage: Lineage) -> dict[dg.AssetKey, str]:
    """Which version of each upstream asset a deployment came from: the image's digest, and staging's if that rehearsed it."""
    digest = live.release.digest
    found = {image_key(app.name): digest, **versions_used(app, live.release)}
    if app.staging is not None:
        passed = rehearsed(digest, lineage.environment(app, app.staging))
        found[environment_key(app.name, app.staging)] = digest if passed else NOT_REHEARSED
    return found


def serves_on(app: App, environment: str, lineage: Lineage) -> Iterator[dg.AssetMaterialization]:
    """The event by which Dagster shows an environment as materialized after a deployment that failed before it changed anything.

    To Dagster an asset has failed when its last run did, unless that run has materialized it. The event is no record of a deployment.
    There is none where nothing serves, where something may have been changed, or where a person has to look.
    """
    live = next((row for row in lineage.deployments(app, environment) if row.outcome is Outcome.SUCCEEDED), None)
    rows = lineage.environment(app, environment)
    if live is None or trouble(rows) or any(row.outcome == RUNNING for row in rows):
        return
    digest = live.release.digest
    yield dg.AssetMaterialization(
        environment_key(app.name, environment),
        description=f"{live.release.version} serves on: the deployment of this run has changed nothing",
        metadata={
            "version": dg.MetadataValue.text(live.release.version),
            "digest": dg.MetadataValue.text(digest),
            SINCE: dg.MetadataValue.timestamp(datetime.fromisoformat(live.started)),
            "deployed by": dg.MetadataValue.dagster_run(live.run),
        },
        tags={"dagster/data_version": digest, **provenance(used(app, live, lineage))},
    )
