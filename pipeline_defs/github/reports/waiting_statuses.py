"""Waiting statuses: what a pull request's commit shows while it is not checked. Pure."""

from pipeline_defs.config import App
from pipeline_defs.github.reports.commit_statuses import PENDING, context
from pipeline_defs.github.reports.report_items import Status
from pipeline_defs.lineage.runs.run_facts import IMAGE_STAGES
from pipeline_defs.release.github_cursor import WHY, PullState


def waiting(app: App, sha: str, stand: PullState) -> list[Status]:
    """One status for each stage of a check. There is no run yet; the one that is started later takes them over."""
    return [Status(sha, context(app, stage), PENDING, WHY[stand]) for stage in IMAGE_STAGES]
