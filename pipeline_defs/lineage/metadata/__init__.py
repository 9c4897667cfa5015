"""Metadata: each record as Dagster shows it, for people and, under one key, as JSON."""

from pipeline_defs.lineage.metadata.attempt_metadata import last_words
from pipeline_defs.lineage.metadata.deployment_metadata import deployment_metadata
from pipeline_defs.lineage.metadata.image_metadata import checked_metadata, image_metadata
from pipeline_defs.lineage.metadata.metadata_links import links
from pipeline_defs.lineage.metadata.rehearsal_metadata import rehearsal_metadata

__all__ = [
    "checked_metadata",
    "deployment_metadata",
    "image_metadata",
    "last_words",
    "links",
    "rehearsal_metadata",
]
