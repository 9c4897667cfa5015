"""Commit statuses: which commit statuses a run gives its commits. Pure."""

from collections.abc import Iterator

from pipeline_defs.config import App
from pipeline_defs.github.reports.report_items import Status
from pipeline_defs.lineage.runs.run_facts import BUILD, IMAGE_STAGES, LINT, PUSH, TEST, Ending, Phase, RunFacts, Step
from pipeline_defs.release.records import Outcome
from pipeline_defs.release.request import Job

FOLLOWS_SECONDS = 600.0
"""How long a stage that follows in a run of its own may take to begin. After it nobody waits for it any more."""

PENDING, SUCCESS, FAILURE, ERROR = "pending", "success", "failure", "error"

_Answer = tuple[str, str]


def statuses(app: App, facts: RunFacts, url: str, now: float) -> Iterator[Status]:
    """One for each stage and commit of the run. Once the run is over none is pending, except for a stage that follows and a freeze."""
    told = [(stage, of_stage(app, facts, stage)) for stage in facts.stages]
    if facts.follows:
        told.append((facts.follows, _of_follower(facts, now)))
    for sha in facts.commits:
        for stage, (state, description) in told:
            yield Status(sha, context(app, stage), state, description, url)


def context(app: App, stage: str) -> str:
    """What the status of a stage is called on GitHub, where upper and lower case are the same."""
    return f"shipline/{app.name}/{stage}".lower()


def of_stage(app: App, facts: RunFacts, stage: str) -> _Answer:
    """State and description of one stage."""
    step = facts.steps.get(stage)
    if stage not in IMAGE_STAGES and facts.held_back:
        return (ERROR, "overtaken while it waited") if facts.overtaken else (PENDING, facts.held_back)
    if step is not None and step.ending is Ending.SUCCEEDED:
        return SUCCESS, _done(app, facts, stage, step)
    if facts.given_up:
        return ERROR, facts.given_up
    if step is not None and step.ending is Ending.FAILED:
        return FAILURE, step.sentence or f"failed after {step.seconds:.1f} s"
    if step is not None and step.ending is Ending.BROKEN:
        return ERROR, f"broke after {step.seconds:.1f} s: see the run's log"
    if facts.phase is Phase.CANCELLED:
        return ERROR, "cancelled"
    culprit = _culprit(facts)
    if culprit and culprit != stage:
        return ERROR, f"not run: {culprit} failed"
    if facts.phase.over:
        return _unended(facts, stage, step)
    return PENDING, "running" if step is not None else "queued"


def _unended(facts: RunFacts, stage: str, step: Step | None) -> _Answer:
    """What is said of a stage that has no end, although its run has one."""
    if step is not None:
        return ERROR, "interrupted: its run ended before it was done"
    if facts.phase is Phase.SUCCEEDED:
        return SUCCESS, "skipped: no image is kept before the merge" if facts.untrusted else "skipped"
    return ERROR, "not run: the run ended before it"


def _culprit(facts: RunFacts) -> str:
    """The stage because of which the rest does not run; empty where there is none."""
    bad = (Ending.FAILED, Ending.BROKEN, Ending.INTERRUPTED)
    return next((stage for stage in facts.stages if stage in facts.steps and facts.steps[stage].ending in bad), "")


def _of_follower(facts: RunFacts, now: float) -> _Answer:
    if facts.phase is Phase.SUCCEEDED:
        late = facts.ended and now - facts.ended > FOLLOWS_SECONDS
        return (ERROR, "not run: nothing started it") if late else (PENDING, "follows")
    if facts.given_up:
        return ERROR, facts.given_up
    if facts.phase is Phase.CANCELLED:
        return ERROR, "not run: the run before it was cancelled"
    culprit = _culprit(facts)
    if culprit or facts.phase.over:
        return ERROR, f"not run: {culprit} failed" if culprit else "not run: the run before it failed"
    return PENDING, "queued"


def _done(app: App, facts: RunFacts, stage: str, step: Step) -> str:
    """What a stage that went well says of itself."""
    took = f"{step.seconds:.1f} s"
    if stage in IMAGE_STAGES:
        return _image_stage_done(app, facts, stage, took)
    if facts.job is Job.STAGE and facts.rehearsal is not None:
        row = facts.rehearsal
        counts = row.tests or row.e2e
        back = f"; {row.way_back.brief}" if row.way_back else ""
        if row.reused:
            return f"{row.release.version} rehearsed by run {row.reused[:8]}, as pull request{f': {counts}' if counts else ''}{back}"
        return f"{row.release.version} rehearsed in {row.seconds:.1f} s{f': {counts}' if counts else ''}{back}"
    live = next((row for row in reversed(facts.deployments) if row.outcome is Outcome.SUCCEEDED), None)
    return f"{live.release.version} runs in {live.environment} after {took}" if live else f"done in {took}"


def _image_stage_done(app: App, facts: RunFacts, stage: str, took: str) -> str:
    reused = _reused(facts)
    if stage == LINT and facts.lint is not None:
        return f"{facts.lint.errors} errors, {facts.lint.warnings} warnings in {took}"
    if stage == BUILD:
        return "skipped: built before" if reused else f"built in {took}"
    if stage == TEST and app.test is None:
        return "skipped: no tests configured"
    if stage == TEST and facts.tests is not None:
        return f"{'skipped: tested before: ' if reused else ''}{facts.tests}"
    if stage == TEST and reused:
        return "skipped: tested before"
    if stage == PUSH and facts.untrusted:
        return (
            f"kept for its rehearsal as pr-{facts.pull}"
            if facts.rehearsed_next
            else "skipped: no image is kept before the merge"
        )
    if stage == PUSH and facts.image is not None:
        return f"{facts.image.version} as {facts.image.digest[:19]} in {took}"
    return f"passed in {took}"


def _reused(facts: RunFacts) -> bool:
    """True where an earlier run's image and evidence stand for this one's."""
    image = facts.image
    if image is None:
        return False
    tested_before = any(step.step == TEST and step.outcome == "reused" for step in image.steps)
    return tested_before or bool(image.built_from and image.built_from != image.commit)
