"""Planned runs: which runs answer a change. Pure: nothing is asked and nothing started here."""

from dataclasses import dataclass, field

from pipeline_defs.config import App
from pipeline_defs.github.api import Pull
from pipeline_defs.release.change import Change, Trigger
from pipeline_defs.release.policy import rewritten
from pipeline_defs.release.request import Job, Request, job_name
from pipeline_defs.release.run_tags import SEEN, THEN


@dataclass(frozen=True)
class PlannedRun:
    """One run to be claimed: the job, what it is asked, and tags beyond those of the request."""

    job: str
    request: Request
    tags: dict[str, str] = field(default_factory=dict)


def planned_runs(app: App, change: Change, actor: str, *, untrusted: bool = False, seen: str = "") -> list[PlannedRun]:
    """The runs that answer a change, on behalf of who made it, or else of who noticed it (`actor`).

    `seen` is GitHub's time of the pull request's last change.
    """
    actor = f"{change.actor} on GitHub" if change.actor else actor
    if change.trigger is Trigger.PULL_REQUEST:
        reason = f"pull request #{change.pull} into {change.branch} is at {change.commit[:12]}"
        tags = {SEEN: seen, THEN: Job.STAGE.value if change.rehearsed else ""}
        given = {name: value for name, value in tags.items() if value}
        return [_integrate(app, change, actor, reason, untrusted=untrusted, tags=given)]
    if change.trigger is Trigger.QUEUE:
        which = f" with pull request #{change.pull}" if change.pull else ""
        reason = f"the merge queue of {change.branch}{which} is at {change.commit[:12]}"
        return [_integrate(app, change, actor, reason, untrusted=untrusted)]
    if change.trigger is Trigger.TAG:
        return [_integrate(app, change, actor, f"tag {change.branch} was made at {change.commit[:12]}")]
    reason = f"{change.branch} moved to {change.commit[:12]}"
    staged = {THEN: Job.STAGE.value} if app.staging else {}
    if change.branch != app.branches.main:
        return [_integrate(app, change, actor, reason, tags=staged)]
    automatic = [name for name in app.deployed if app.environments[name].auto_deploy]
    if refused := rewritten(change.branch, change.forced):
        return [_integrate(app, change, actor, refused)]
    if app.branches.one and staged:  # what has passed its rehearsal is deployed by the sensor that chains runs
        return [_integrate(app, change, actor, reason, tags=staged)]
    if not automatic:  # the image is made, and a person deploys it
        return [_integrate(app, change, actor, reason)]
    return [_deploy(app, change, actor, reason, name, is_first=not number) for number, name in enumerate(automatic)]


def change_of(app: App, pull: Pull, *, rehearsed: bool = False) -> Change:
    """The change that a pull request's newest head is, and whether it is rehearsed after its tests."""
    return Change(
        app=app.name,
        trigger=Trigger.PULL_REQUEST,
        commit=pull.head,
        branch=pull.base,
        pull=pull.number,
        head_branch=pull.head_branch,
        fork=pull.fork,
        actor=pull.author,
        rehearsed=rehearsed,
    )


def _integrate(
    app: App, change: Change, actor: str, reason: str, *, untrusted: bool = False, tags: dict[str, str] | None = None
) -> PlannedRun:
    request = Request(
        app=app.name,
        job=Job.INTEGRATE,
        commit=change.commit,
        branch=_branch_of(change, untrusted=untrusted),
        since=change.since,
        reason=reason,
        actor=actor,
        change=change.key,
        pull=0 if change.trigger is Trigger.QUEUE else change.pull,
        issue=change.issue,
        untrusted=untrusted,
    )
    return PlannedRun(job_name(app.name, Job.INTEGRATE, "", app.deployed), request, tags or {})


def _branch_of(change: Change, *, untrusted: bool) -> str:
    """The branch that a run is given."""
    if change.trigger is Trigger.TAG:
        return ""  # a tag is on no branch that the job knows; it finds out by itself
    if change.trigger is Trigger.QUEUE and not untrusted:
        return change.head_branch  # its image is not one of the base branch, nor gets that one's tags
    return change.branch


def _deploy(app: App, change: Change, actor: str, reason: str, environment: str, *, is_first: bool) -> PlannedRun:
    request = Request(
        app=app.name,
        job=Job.DEPLOY,
        environment=environment,
        commit=change.commit,
        branch=change.branch,
        since=change.since,
        reason=reason,
        actor=actor,
        # One change, one key. Where it is deployed to several environments the others' runs have keys, and ids, of their own.
        change=change.key if is_first else f"{change.key}:{environment}",
        pull=change.pull,
        issue=change.issue,
    )
    return PlannedRun(job_name(app.name, Job.DEPLOY, environment, app.deployed), request)
