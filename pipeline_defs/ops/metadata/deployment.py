"""Deployment: its record as Dagster shows it."""

import dagster as dg

from pipeline_defs.ops.events import DEPLOYMENT
from pipeline_defs.ops.metadata.attempt import of_attempt
from pipeline_defs.ops.metadata.tables import Metadata, texts
from pipeline_defs.ops.metadata.way_back import way_back
from pipeline_defs.release.records import Deployment


def deployment_metadata(row: Deployment) -> Metadata:
    """A deployment's record, for people and as JSON."""
    entries = {
        **of_attempt(row),
        **texts({"backup": row.backup or "", "freeze overridden": row.freeze_overridden or ""}),
        **way_back(row.way_back),
    }
    return entries | {DEPLOYMENT: dg.MetadataValue.json(row.model_dump(mode="json"))}
