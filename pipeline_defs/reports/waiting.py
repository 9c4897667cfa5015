"""Waiting: what a commit shows that is not checked yet, because its pull request is a draft, or a fork's that nobody let in."""

from pipeline_defs.config import App
from pipeline_defs.reports.facts import IMAGE_STAGES
from pipeline_defs.reports.items import Status
from pipeline_defs.reports.statuses import PENDING, context
from pipeline_defs.resources.github import Repository

FOR_A_PERSON = "waits for a person with write permission: /shipline test"
FOR_REVIEW = "waits until it is no draft any more"


def report_waiting(repository: Repository, app: App, sha: str, why: str = FOR_A_PERSON) -> None:
    """Show at a pull request's head that it waits, and what for. For whoever sees that nothing is to be started for it.

    There is no run yet that could be reported; the one that is started later takes these statuses over. Doing it again
    changes nothing. Raises GitHubError.
    """
    if app.github is not None and app.github.report.statuses:
        for status in waiting(app, sha, why):
            status.write(repository)


def waiting(app: App, sha: str, why: str = FOR_A_PERSON) -> list[Status]:
    """One status for each stage of a check."""
    return [Status(sha, context(app, stage), PENDING, why) for stage in IMAGE_STAGES]
