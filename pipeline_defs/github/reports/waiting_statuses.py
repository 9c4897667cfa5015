"""Waiting statuses: what a pull request's commit shows while it is not checked. Pure."""

from pipeline_defs.config import App
from pipeline_defs.github.reports.commit_statuses import PENDING, context
from pipeline_defs.github.reports.report_items import Status
from pipeline_defs.github.reports.run_facts import IMAGE_STAGES
from pipeline_defs.release.github_cursor import PullState

WHY = {
    PullState.WAITING: "waits for a person with write permission: /shipline test",
    PullState.DRAFT: "skipped because it is a draft; runs when it is ready for review",
}
"""What pull requests wait for; those that stand otherwise do not wait."""


def waiting(app: App, sha: str, stand: PullState) -> list[Status]:
    """One status for each stage of a check. There is no run yet; the one that is started later takes them over."""
    return [Status(sha, context(app, stage), PENDING, WHY[stand]) for stage in IMAGE_STAGES]
