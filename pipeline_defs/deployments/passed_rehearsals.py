"""Passed rehearsals: whether a release passed one, and whether one is under way."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release import admission_rules


def rehearsed(lineage: Lineage, app: App, digest: str) -> bool:
    """True when an image has passed a rehearsal."""
    return admission_rules.rehearsed(digest, lineage.environment(app, app.staging) if app.staging else [])


def rehearsing(instance: dg.DagsterInstance, lineage: Lineage, app: App, digest: str) -> str | None:
    """The run that rehearses an image, or will once it leaves the queue; None where there is none."""
    return lineage.rehearsing(app, digest)
