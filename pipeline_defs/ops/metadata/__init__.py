"""Metadata: each record as Dagster shows it, for people and, under one key, as JSON."""

from pipeline_defs.ops.metadata.attempt import last_words
from pipeline_defs.ops.metadata.deployment import deployment_metadata
from pipeline_defs.ops.metadata.image import checked_metadata, image_metadata
from pipeline_defs.ops.metadata.links import links
from pipeline_defs.ops.metadata.rehearsal import rehearsal_metadata

__all__ = [
    "checked_metadata",
    "deployment_metadata",
    "image_metadata",
    "last_words",
    "links",
    "rehearsal_metadata",
]
