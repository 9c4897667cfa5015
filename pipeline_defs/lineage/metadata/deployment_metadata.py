"""Deployment metadata: a deployment's record as Dagster shows it."""

import dagster as dg

from pipeline_defs.lineage.events import DEPLOYMENT
from pipeline_defs.lineage.metadata.attempt_metadata import of_attempt
from pipeline_defs.lineage.metadata.tables import Metadata, table, texts
from pipeline_defs.lineage.metadata.way_back_metadata import way_back
from pipeline_defs.release.records import Deployment, OnHost


def deployment_metadata(row: Deployment) -> Metadata:
    """A deployment's record, for people and as JSON."""
    entries = {
        **of_attempt(row),
        **texts({"backup": row.backup or "", "freeze overridden": row.freeze_overridden or ""}),
        **way_back(row.way_back),
        **_hosts(row),
    }
    return entries | {DEPLOYMENT: dg.MetadataValue.json(row.model_dump(mode="json"))}


def _hosts(row: Deployment) -> Metadata:
    """The entry for what came of it on each host, where there are several."""
    if not row.hosts:
        return {}
    columns = ("host", "outcome", "runs", "seconds:", "longest step", "error")
    return {"hosts": dg.MetadataValue.md(table(columns, map(_host, row.hosts)))}


def _host(each: OnHost) -> tuple[str, ...]:
    longest = max(each.steps, key=lambda step: step.seconds, default=None)
    took = f"{longest.step}, {longest.seconds:.1f} s" if longest else ""
    return each.host, each.outcome.value, each.version or "", f"{each.seconds:.1f}", took, each.error or ""
