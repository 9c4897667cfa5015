"""Attempt: a rehearsal or deployment from its intent to its end, as its record tells it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.ops.events import environment_key
from pipeline_defs.ops.metadata import deployment_metadata, links, rehearsal_metadata
from pipeline_defs.release.records import Deployment, Outcome, Rehearsal
from pipeline_defs.release.run_tags import OUTCOME
from pipeline_defs.server.task import Report

_LONGEST_ERROR = 200  # characters of it in a list of events; the whole of it is in the metadata


def new_id() -> str:
    """The id of a new attempt, `20260131T120000Z-123456ab12`: second, microsecond, and four digits at random. Ids sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ-%f}{secrets.token_hex(2)}"


def beginning(context: dg.OpExecutionContext) -> dict[str, Any]:
    """What every record of a new attempt begins with: id, outcome "started", start, run and who asked for it."""
    return {
        "id": new_id(),
        "outcome": Outcome.STARTED,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": context.run_id,
        "actor": actor_of(context.run.tags),
    }


def actor_of(tags: Mapping[str, str]) -> str:
    """Who asked for a run: the person or sensor that its tags name, else somebody who used Dagster itself."""
    return tags.get("actor") or tags.get("dagster/sensor_name") or "Dagster UI or command line"


def ending(report: Report, started: str) -> dict[str, Any]:
    """What a report adds to the record of any attempt."""
    return {
        "outcome": report.outcome,
        "seconds": since(started),
        "steps": report.steps,
        "tests": report.tests,
        "e2e": report.e2e,
        "revision_before": report.revision_before,
        "revision": report.revision,
        "error": report.error,
        "last_words": report.last_words,
        "log": report.log,
    }


def since(started: str) -> float:
    """Seconds since a time in ISO 8601."""
    return round((datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds(), 1)


def note(context: dg.OpExecutionContext, row: Deployment | Rehearsal, app: App | None = None) -> None:
    """Write what is known of an attempt now, with links where its app is given. The last word on an id is the one that counts."""
    context.log_event(_observation(row, app))
    say_outcome(context, row)


def say_outcome(context: dg.OpExecutionContext, row: Deployment | Rehearsal) -> None:
    """Let the run's tag say how its own attempt ended, for those who filter the list of runs."""
    if row.run == context.run_id and row.outcome is not Outcome.STARTED:
        context.instance.add_run_tags(context.run_id, {OUTCOME: row.outcome.value})


def write_down(instance: dg.DagsterInstance, row: Deployment) -> None:
    """The same without a run: the last word on a deployment whose runs could not say it."""
    instance.report_runless_asset_event(_observation(row))


def _observation(row: Deployment | Rehearsal, app: App | None = None) -> dg.AssetObservation:
    metadata = rehearsal_metadata(row) if isinstance(row, Rehearsal) else deployment_metadata(row)
    metadata |= links(app, row) if app else {}
    key = environment_key(row.release.app, row.environment)
    return dg.AssetObservation(key, description=_what_happened(row), metadata=metadata)


def _what_happened(row: Deployment | Rehearsal) -> str:
    """One line for lists of events: `deploy of 1.3.0: rolled back: the tests failed`."""
    kind = "rehearsal" if isinstance(row, Rehearsal) else row.kind
    error = [row.error[:_LONGEST_ERROR]] if row.error else []
    return ": ".join([f"{kind} of {row.release.version}", row.outcome, *error])
