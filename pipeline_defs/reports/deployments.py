"""Deployments: how the records of deployments stand on GitHub. Pure."""

from collections.abc import Iterator

from pipeline_defs.config import App
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from pipeline_defs.reports.facts import RunFacts
from pipeline_defs.reports.items import DeploymentState

IN_PROGRESS, SUCCESS, FAILURE, ERROR, INACTIVE = "in_progress", "success", "failure", "error", "inactive"


def deployments(app: App, facts: RunFacts, url: str) -> Iterator[DeploymentState]:
    """One for each record that the run wrote. A rollback is a deployment too, of the release that it brings back.

    What a freeze has held back is none yet.
    """
    for row in facts.deployments:
        if row.outcome is not Outcome.FROZEN:
            yield of_row(app, row, *_state(row, over=facts.phase.over), url)


def of_row(app: App, row: Deployment, state: str, description: str, url: str) -> DeploymentState:
    """A record in the words of GitHub. All environments but the one that rehearses are production: people use them."""
    release = row.release
    return DeploymentState(
        row=row.id,
        sha=release.commit,
        environment=row.environment,
        state=state,
        description=description,
        subject=f"{row.kind} of {release.version}" + (f": {row.reason}" if row.reason else ""),
        payload=(("app", app.name), ("version", release.version), ("digest", release.digest), ("run", row.run)),
        log_url=url,
        environment_url=(app.environments[row.environment].url or "") if state == SUCCESS else "",
    )


def _state(row: Deployment, *, over: bool) -> tuple[str, str]:
    version = row.release.version
    if row.outcome is Outcome.SUCCEEDED:
        how = "runs again" if row.kind is DeploymentKind.ROLLBACK else "runs"
        return SUCCESS, f"{version} {how} after {row.seconds:.1f} s"
    if row.outcome is Outcome.STARTED:
        return (
            (ERROR, "interrupted: its run ended before it was done") if over else (IN_PROGRESS, f"{version} is coming")
        )
    back = f"rolled back{f' to {row.previous.version}' if row.previous else ''}"
    how = back if row.outcome is Outcome.ROLLED_BACK else "failed"
    return FAILURE, f"{how}: {row.error}" if row.error else how
