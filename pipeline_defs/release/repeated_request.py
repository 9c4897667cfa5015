"""Repeated request: what was asked for is deployed once, whoever notices it, and again only when a person asks again. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline_defs.release.history import RUNNING, Row
from pipeline_defs.release.records import DeploymentKind, Outcome, Release


def made_before(release: Release, rows: Sequence[Row]) -> Row | None:
    """The newest deployment of this very commit and configuration; None where there is none, or another one has succeeded since.

    `rows` are the environment's, newest first. What waits is no deployment yet, and others that failed meanwhile have changed nothing.
    """
    for row in rows:
        if row.kind != DeploymentKind.DEPLOY or row.held:
            continue
        if (row.commit, row.configuration) == (release.commit, release.configuration):
            return row
        if row.outcome == Outcome.SUCCEEDED:
            return None
    return None


def is_answered(row: Row, *, automatic: bool, made_by_itself: bool, asked: datetime | None) -> bool:
    """Whether a request is answered by a deployment of the same commit and configuration that was made before.

    What nobody in person asks for is. What a person asks for is made again, unless it came about by itself after they had asked.

    Args:
        row: that deployment.
        automatic: a sensor or a change asks now; made_by_itself: one asked for `row`.
        asked: when the request came; None: now.
    """
    if automatic:
        return True
    if asked is None:
        return False
    ended = datetime.fromisoformat(row.at) + timedelta(seconds=row.seconds)
    return made_by_itself and row.live and row.outcome != RUNNING and ended >= asked


def sentence(release: Release, row: Row) -> str:
    """What is said in place of a second deployment."""
    when = f"by {row.actor} at {row.at} (run {row.run[:8]})"
    if row.live:
        return f"{release.version} runs already: this commit was deployed with the same configuration {when}"
    how = f"{row.outcome}: {row.error}" if row.error else row.outcome
    return (
        f"{release.version} was deployed with the same configuration {when} and does not run ({how}); it is not tried again by itself, "
        f"a person may: shipline deploy {release.app} {row.environment} --version {release.version}"
    )
