"""Waiting: what a pull request's commit shows while it is not checked. Pure."""

from pipeline_defs.config import App
from pipeline_defs.release.handled import Stand
from pipeline_defs.reports.facts import IMAGE_STAGES
from pipeline_defs.reports.items import Status
from pipeline_defs.reports.statuses import PENDING, context

WHY = {
    Stand.WAITING: "waits for a person with write permission: /shipline test",
    Stand.DRAFT: "skipped because it is a draft; runs when it is ready for review",
}
"""What pull requests wait for; those that stand otherwise do not wait."""


def waiting(app: App, sha: str, stand: Stand) -> list[Status]:
    """One status for each stage of a check. There is no run yet; the one that is started later takes them over."""
    return [Status(sha, context(app, stage), PENDING, WHY[stand]) for stage in IMAGE_STAGES]
