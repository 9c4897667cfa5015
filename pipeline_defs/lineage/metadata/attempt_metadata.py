"""Attempt metadata: what the records of rehearsals and deployments have in common, as Dagster shows it."""

from datetime import datetime

import dagster as dg

from pipeline_defs.lineage.metadata.image_metadata import of_release
from pipeline_defs.lineage.metadata.tables import Metadata, steps_table, tests, texts
from pipeline_defs.release.duration import duration
from pipeline_defs.release.records import Deployment, Rehearsal


def last_words(row: Rehearsal | Deployment) -> Metadata:
    """The entry for what the containers said last, where it failed and they were asked."""
    said = row.last_words.replace("```", "~~~")
    return {"containers said last": dg.MetadataValue.md(f"```text\n{said}\n```")} if said else {}


def of_attempt(row: Rehearsal | Deployment) -> Metadata:
    """What people look for first comes first."""
    why = {"outcome": row.outcome.value}
    if isinstance(row, Deployment):
        why = {
            "kind": row.kind.value,
            **why,
            "previous version": row.previous.version if row.previous else "",
            "because of": row.because_of or "",
            "fails its own tests": row.unproved or "",
            "failed hooks": "; ".join(row.failed_hooks),
            "needs a person": "nobody knows whether it serves; nothing more is started by itself"
            if row.needs_person
            else "",
            "reason": row.reason,
        }
    return {
        "version": dg.MetadataValue.text(row.release.version),
        **texts({**why, "error": row.error or ""}),
        **last_words(row),
        **of_release(row.release),
        "started": dg.MetadataValue.timestamp(datetime.fromisoformat(row.started)),
        "seconds": dg.MetadataValue.float(row.seconds),
        **texts({"took": duration(row.seconds) if row.seconds else ""}),
        **texts({"actor": row.actor}),
        "run": dg.MetadataValue.dagster_run(row.run),
        **texts({"revision before": row.revision_before or "", "revision": row.revision or "", "log": row.log or ""}),
        **steps_table(row.steps),
        **tests("tests", row.tests),
        **tests("e2e", row.e2e),
    }
