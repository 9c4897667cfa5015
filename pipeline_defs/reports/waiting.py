"""Waiting: what a fork's commit shows that nobody let in yet. Pure."""

from pipeline_defs.config import App
from pipeline_defs.reports.facts import IMAGE_STAGES
from pipeline_defs.reports.items import Status
from pipeline_defs.reports.statuses import PENDING, context

FOR_A_PERSON = "waits for a person with write permission: /shipline test"


def waiting(app: App, sha: str) -> list[Status]:
    """One status for each stage of a check. There is no run yet; the one that is started later takes them over."""
    return [Status(sha, context(app, stage), PENDING, FOR_A_PERSON) for stage in IMAGE_STAGES]
