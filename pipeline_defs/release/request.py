"""Request: what a person or a sensor asks one of an app's jobs to do, in the words that Dagster is told."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from pipeline_defs.release.database_rollback import Choice, Settings
from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import DeploymentKind
from pipeline_defs.release.run_tags import ATTEMPT, REASON, RERUN_OF, SEEN, THEN, tag_of

_LONGEST_TAG = 200

SUPERSEDED_BY = "superseded_by"
"""The run tag that says why a run was given up: the full id of the newer commit, `run <id>` of a newer one, `closed` or DEQUEUED."""

DEQUEUED = "dequeued"
"""The value of that tag where the commit left GitHub's merge queue."""

WAITS_FOR, FREEZE, REHEARSAL, NOTHING = "waits_for", "freeze", "rehearsal", "nothing"
"""The run tag of a run that was held back, and its values: what it waits for, or that it waits no more."""


_ASKED = (
    "app",
    "environment",
    "target",
    "commit",
    "branch",
    "pull_request",
    "change",
    "head",
    "untrusted",
    THEN,
    SEEN,
)
"""The run tags that tell what was asked for; all others tell what came of it."""


def is_automatic(tags: Mapping[str, str]) -> bool:
    """Whether a run with these tags was asked for by a sensor or a change, and not by a person."""
    return RERUN_OF not in tags and ("dagster/sensor_name" in tags or "change" in tags)


def tags_of_rerun(run: str, tags: Mapping[str, str], *, actor: str, reason: str, attempt: int) -> dict[str, str]:
    """The tags of a run that does once more what the run with these tags was asked to do.

    `attempt` is its number among the runs for the same change.
    """
    kept = {name: value for name in _ASKED if (value := tag_of(tags, name))}
    number = {ATTEMPT: str(attempt)} if "change" in kept and attempt > 1 else {}
    why = " ".join(reason.split())[:_LONGEST_TAG] or f"run {run[:8]} once more"
    return {**kept, **number, "actor": actor, REASON: why, RERUN_OF: run}


class Job(StrEnum):
    """The jobs every app has."""

    INTEGRATE = "integrate"
    STAGE = "stage"
    DEPLOY = "deploy"
    ROLLBACK = "rollback"


def job_name(app: str, job: Job, environment: str, deployed: Sequence[str]) -> str:
    """The Dagster job: `<app>_<job>`; `<app>_<job>_<environment>` for all but the first of the environments deployed to."""
    return f"{app}_{job}_{environment}" if environment in deployed[1:] else f"{app}_{job}"


class Request(Record):
    """One run to be launched. Empty texts stand for "not given": the job then decides.

    Attributes:
        environment: the environment it is about; empty for `integrate`, which touches none.
        version: the release's version; for a rollback, the version to go back to.
        commit: full commit id. A deployment of a commit builds (or reuses) its image first; one of a version does not.
        branch, since: the branch the commit is on, and the head that was handled before it.
        because_of: for a rollback, the id of the deployment it answers.
        database: for a rollback, what becomes of the database; empty: the rehearsal's verdict decides.
        settings: for a rollback, which ones the release gets; empty: those that it had.
        override_freeze: a deployment goes through a freeze; it needs a reason.
        change: the key of the change that asks (`release/change.py`); empty where a person does.
        pull: the number of the pull request it is about, 0 for none.
        issue: the number of the issue it is about, 0 for none.
        untrusted: the code is not merged, or a fork's: it sees no secret, reaches no server, and nothing of it is kept.
        actor: who asks: `user@machine`, or the sensor's name.
    """

    app: str
    job: Job
    environment: str = ""
    version: str = ""
    commit: str = ""
    branch: str = ""
    since: str = ""
    reason: str = ""
    because_of: str = ""
    database: Choice | Literal[""] = ""
    settings: Settings | Literal[""] = ""
    override_freeze: bool = False
    actor: str = ""
    change: str = ""
    pull: int = 0
    issue: int = 0
    untrusted: bool = False

    @property
    def target(self) -> str:
        """The asset of the environment, `<app>_<environment>`, which only one run at a time may change; empty without one."""
        return f"{self.app}_{self.environment}" if self.environment else ""

    @property
    def assets(self) -> tuple[str, ...]:
        """The assets the run makes, a part of those of its job: a version that exists already is deployed without its image."""
        image = f"{self.app}_image"
        if self.job is Job.INTEGRATE:
            return (image,)
        return (image, self.target) if self.job is Job.DEPLOY and not self.version else (self.target,)

    def run_config(self) -> dict[str, Any]:
        """Dagster's run configuration: one entry for each asset the run makes."""
        kind = DeploymentKind.ROLLBACK if self.job is Job.ROLLBACK else DeploymentKind.DEPLOY
        of_pull = {"pull": self.pull, "issue": self.issue, "untrusted": self.untrusted}
        of_image = {
            "commit": self.commit,
            "branch": self.branch,
            "since": self.since,
            **{name: value for name, value in of_pull.items() if value},
        }
        of_environment = {
            "version": self.version,
            "commit": self.commit,
            "kind": kind.value,
            "reason": self.reason,
            "because_of": self.because_of,
            **({"database": self.database} if self.database else {}),
            **({"settings": self.settings} if self.settings else {}),
            **({"override_freeze": True} if self.override_freeze else {}),
        }
        return {"ops": {name: {"config": of_environment if name == self.target else of_image} for name in self.assets}}

    def run_tags(self) -> dict[str, str]:
        """The run's tags, by which people and the queue's limit find it. What was not given has no tag."""
        tags = {
            "app": self.app,
            "environment": self.environment,
            "target": self.target,
            "version": self.version,
            "commit": self.commit[:12],
            "branch": self.branch,
            "actor": self.actor,
            REASON: " ".join(self.reason.split())[:_LONGEST_TAG],
            "pull_request": str(self.pull or ""),
            "change": self.change,
            "head": self.commit if self.change else "",
            "untrusted": "yes" if self.untrusted else "",
        }
        return {name: value for name, value in tags.items() if value}
