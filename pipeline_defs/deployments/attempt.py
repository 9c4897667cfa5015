"""Attempt: what the records of rehearsals and deployments have in common, from their intent to their end."""

import secrets
from datetime import UTC, datetime
from typing import Any

from pipeline_defs.deployments.protocols import Recording
from pipeline_defs.release.records import Outcome
from pipeline_defs.server.core.task import Report


def new_id() -> str:
    """The id of a new attempt, `20260131T120000Z-123456ab12`: second, microsecond, and four digits at random. Ids sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ-%f}{secrets.token_hex(2)}"


def beginning(run: Recording) -> dict[str, Any]:
    """What every record of a new attempt begins with: id, outcome "started", start, run and who asked for it."""
    return {
        "id": new_id(),
        "outcome": Outcome.STARTED,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": run.id,
        "actor": run.actor,
    }


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
