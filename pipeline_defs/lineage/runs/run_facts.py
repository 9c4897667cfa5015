"""Run facts: what Dagster's storage says of one run, in the words of reports. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline_defs.config import App
from pipeline_defs.release.evidence import LintCounts, TestCounts
from pipeline_defs.release.records import HELD, Deployment, Image, Rehearsal
from pipeline_defs.release.request import DEQUEUED, NOTHING, SUPERSEDED_BY, WAITS_FOR, Job
from pipeline_defs.release.run_tags import THEN, VERSION_COMMIT, tag_of

LINT, BUILD, TEST, PUSH, STAGE, DEPLOY = "lint", "build", "test", "push", "stage", "deploy"
IMAGE_STAGES = (LINT, BUILD, TEST, PUSH)
"""The stages that make an image, in their order."""


class Phase(StrEnum):
    """How far a run has come."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """True once nothing of the run happens any more."""
        return self not in (Phase.WAITING, Phase.RUNNING)


class Ending(StrEnum):
    """What became of a stage that has begun."""

    NONE = "none"  # it runs, or its run died
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it said so itself
    BROKEN = "broken"  # an error that nobody expected
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Step:
    """One stage of a run, from its beginning on.

    Attributes:
        began, ended: seconds since 1970; `ended` is 0 until it has.
        sentence: why it failed, in its own words; empty for an error that nobody expected, whose text could say anything.
    """

    began: float
    ended: float = 0.0
    ending: Ending = Ending.NONE
    sentence: str = ""

    @property
    def seconds(self) -> float:
        """How long it took; 0 until it has ended."""
        return max(0.0, self.ended - self.began) if self.ended else 0.0


@dataclass(frozen=True)
class RunFacts:
    """One run.

    Attributes:
        commit: the full id of the commit that it was given; empty where it was given none.
        stages: what it is for, in order; those that a newer run for the same head does again are left out.
        follows: a stage that a run of its own does after this one; empty where none does.
        ended: when it was over, seconds since 1970; 0 until then.
        newest: no newer run is about the same pull request.
        previews_ended: rehearsals of pull requests whose previews the run has removed.
    """

    run: str
    job: Job
    phase: Phase
    tags: Mapping[str, str]
    stages: tuple[str, ...]
    commit: str = ""
    steps: Mapping[str, Step] = field(default_factory=dict)
    follows: str = ""
    created: float = 0.0
    ended: float = 0.0
    newest: bool = True
    image: Image | None = None
    lint: LintCounts | None = None
    tests: TestCounts | None = None
    rehearsal: Rehearsal | None = None
    deployments: tuple[Deployment, ...] = ()
    previews_ended: tuple[Rehearsal, ...] = ()

    @property
    def head(self) -> str:
        """The commit of the change, full; empty for a run that no change asked for. A run that follows inherits it."""
        return self.tags.get("head", "")

    @property
    def commits(self) -> tuple[str, ...]:
        """What its statuses belong to: the change's commit, and the one with the version that was put on top of it."""
        made = [self.image.commit] if self.image else [self.rehearsal.release.commit] if self.rehearsal else []
        made += [commit] if (commit := tag_of(self.tags, VERSION_COMMIT)) else []
        return tuple(dict.fromkeys([self.head, *made])) if self.head else ()

    @property
    def pull(self) -> int:
        """The pull request it is about, 0 for none."""
        number = self.tags.get("pull_request", "")
        return int(number) if number.isdecimal() else 0

    @property
    def untrusted(self) -> bool:
        """True where nobody here vouches for the code."""
        return bool(self.tags.get("untrusted"))

    @property
    def rehearsed_next(self) -> bool:
        """True where a rehearsal follows the run."""
        return tag_of(self.tags, THEN) == Job.STAGE

    @property
    def made_again(self) -> bool:
        """True for a run that was lost and that Dagster makes again: the one that follows tells the rest."""
        return self.tags.get("dagster/will_retry") == "true"

    @property
    def held_back(self) -> str:
        """That its deployment waits for a freeze or its rehearsal to end, in a sentence; empty where it does not."""
        return next((row.error or "" for row in self.deployments if row.outcome in HELD), "")

    @property
    def overtaken(self) -> bool:
        """True where its deployment waited and waits no more. A run that follows tells the rest."""
        return self.tags.get(WAITS_FOR) == NOTHING

    @property
    def given_up(self) -> str:
        """Why this run was given up, for people; empty where it was not."""
        why = self.tags.get(SUPERSEDED_BY, "")
        if why == "closed":
            return "its pull request was closed"
        if why == DEQUEUED:
            return "it left the merge queue"
        if why.startswith("run "):
            return f"superseded by {why[:12]}"
        return f"superseded by {why[:7]}" if why else ""


def stages_of(app: App, job: Job, environment: str, *, makes_image: bool) -> tuple[str, ...]:
    """What a job's run is for, as the contexts of its statuses."""
    if job is Job.INTEGRATE:
        return IMAGE_STAGES
    if job is Job.STAGE:
        return (STAGE,)
    deploy = deploy_stage(app, environment)
    return (*IMAGE_STAGES, deploy) if job is Job.DEPLOY and makes_image else (deploy,)


def deploy_stage(app: App, environment: str) -> str:
    """The stage of a deployment: `deploy`; `deploy_<environment>` for all but the first of the environments deployed to."""
    return f"{DEPLOY}_{environment}" if environment in app.deployed[1:] else DEPLOY
