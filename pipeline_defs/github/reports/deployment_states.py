"""Deployment states: how deployments stand on GitHub, from the queue to the end of their record. Pure."""

from collections.abc import Iterator

from pipeline_defs.config import App
from pipeline_defs.github.reports.report_items import DeploymentState
from pipeline_defs.lineage.runs.run_facts import Phase, RunFacts
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Outcome, Rehearsal
from pipeline_defs.release.request import Job
from pipeline_defs.release.run_tags import REASON, tag_of

QUEUED, IN_PROGRESS, SUCCESS, FAILURE, ERROR, INACTIVE = (
    "queued",
    "in_progress",
    "success",
    "failure",
    "error",
    "inactive",
)


def deployments(app: App, facts: RunFacts, url: str) -> Iterator[DeploymentState]:
    """One for each record that the run wrote. A rollback is a deployment too, of the release that it brings back.

    What a freeze or a rehearsal has held back stays queued until a run of its own deploys it, or something has overtaken it.
    """
    for row in facts.deployments:
        if row.outcome in HELD:
            answer = (INACTIVE, "a later run answers it") if facts.overtaken else (QUEUED, row.error or "")
        else:
            answer = _state(row, over=facts.phase.over)
        yield of_row(app, row, *answer, url)


def previews(app: App, facts: RunFacts, url: str) -> Iterator[DeploymentState]:
    """One for what the run has left up of a pull request, and for each preview that it has removed."""
    row = facts.rehearsal
    if row is not None and row.preview and row.preview.address:
        yield _preview(app, row, SUCCESS, f"{row.release.version} is up until {row.preview.until}", url)
    for gone in facts.previews_ended:
        yield _preview(app, gone, INACTIVE, f"removed: {gone.preview.ended if gone.preview else ''}", url)


def _preview(app: App, row: Rehearsal, state: str, description: str, url: str) -> DeploymentState:
    return DeploymentState(
        name=f"preview {row.run}",
        sha=row.release.commit,
        environment=f"preview/pr-{row.pull}",
        state=state,
        description=description,
        subject=f"preview of pull request #{row.pull}, rehearsed by run {row.run[:8]}",
        payload=(("app", app.name), ("version", row.release.version), ("digest", row.release.digest), ("run", row.run)),
        production=False,
        log_url=url,
        environment_url=row.preview.address if row.preview and state == SUCCESS else "",
    )


def before_record(app: App, facts: RunFacts, url: str) -> DeploymentState | None:
    """The deployment of a run that has no record of it, or one of another commit; None where it has, or makes none.

    It is queued, and stays so while the run makes the image. If it never comes to the deployment, it ends as the run did. A run
    that is asked for a version, or goes back, does not say which commit that is before it has begun.
    """
    rows = [row for row in facts.deployments if _name(row) == facts.run]
    if facts.job is not Job.DEPLOY or not facts.commit or any(row.release.commit == facts.commit for row in rows):
        return None
    state, description = (
        (INACTIVE, f"goes on as {rows[0].release.commit[:12]}, its version") if rows else _unbegun(facts)
    )
    reason = tag_of(facts.tags, REASON)
    return DeploymentState(
        name=facts.run,
        sha=facts.commit,
        environment=facts.tags.get("environment", ""),
        state=state,
        description=description,
        subject=f"deploy of {facts.commit[:12]}" + (f": {reason}" if reason else ""),
        payload=(("app", app.name), ("run", facts.run)),
        log_url=url,
    )


def _unbegun(facts: RunFacts) -> tuple[str, str]:
    if not facts.phase.over:
        return QUEUED, "waits in the queue" if facts.phase is Phase.WAITING else "its image is made first"
    if facts.given_up or facts.phase is Phase.CANCELLED:
        return INACTIVE, facts.given_up or "cancelled"
    return (INACTIVE, "nothing was deployed") if facts.phase is Phase.SUCCEEDED else (FAILURE, "failed before it began")


def _name(row: Deployment) -> str:
    """A run makes one deployment, which is known by the run from the queue on; what it goes back to, by its record."""
    return row.run if row.run and row.kind is DeploymentKind.DEPLOY else row.id


def of_row(app: App, row: Deployment, state: str, description: str, url: str) -> DeploymentState:
    """A record in the words of GitHub. All environments but the one that rehearses are production: people use them."""
    release = row.release
    return DeploymentState(
        name=_name(row),
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
