"""Database rollback: what becomes of the database when an environment goes back to an older release. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.release.evidence import StepTiming, Verdict, WayBack
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Deployment, Outcome
from pipeline_defs.release.step_name import StepName


class Settings(StrEnum):
    """Which settings the release of a rollback gets."""

    FROZEN = "frozen"  # those that it had, with the secrets of today
    NOW = "now"  # those of today


class Choice(StrEnum):
    """What a person may ask for."""

    KEEP = "keep"  # the database stays as it is
    DOWNGRADE = "downgrade"  # migrations are taken back, in the image that runs
    RESTORE = "restore"  # the database becomes what it was before; what was written since is dropped


class DatabaseRollbackError(ShiplineError, ValueError):
    """It is not clear, or not possible, what shall become of the database; the message says what can be asked for."""


@dataclass(frozen=True)
class Means:
    """What an environment's configuration provides for: migrations, a command that takes them back, and a database that is copied."""

    migrates: bool
    downgrades: bool
    restores: bool


@dataclass(frozen=True)
class Leaving:
    """A rollback as the history tells it.

    Attributes:
        live: the deployment that runs.
        target: the deployment whose release is gone back to.
        left: the deployment by which that release was left: its backup holds the database as it was then.
        verdict: of a rehearsal of what runs now on the way back to that release; None where there is none.
    """

    live: Row
    target: Row
    left: Row
    verdict: WayBack | None

    @property
    def revision(self) -> str | None:
        """The migration revision that the release worked on, None where nobody can tell."""
        rehearsed = self.verdict.revision if self.verdict else None
        return rehearsed or self.left.revision_before or self.target.revision


@dataclass(frozen=True)
class RollbackDecision:
    """What becomes of the database. `downgrade_to` is a revision, `restore_from` the path of a backup on the server; else it stays.

    `sentence` says it to people.
    """

    sentence: str
    downgrade_to: str | None = None
    restore_from: str | None = None


def verdict_on(rehearsals: Sequence[Row], digest: str, to: str, revision: str | None = None) -> WayBack | None:
    """What the newest rehearsal of an image that passed says of the way back to another image; None where there is none.

    Args:
        rehearsals: newest first.
        digest: of the image that was rehearsed.
        to: the digest of the image one may have to go back to.
        revision: the database's revision now, where known: a rehearsal that ended at another one says nothing about it.
    """
    for row in rehearsals:
        found = row.way_back
        if row.outcome == Outcome.SUCCEEDED and row.digest == digest and found is not None and found.digest == to:
            return found if revision is None or row.revision in (None, revision) else None
    return None


def decide(choice: Choice | None, leaving: Leaving, means: Means, now: datetime) -> RollbackDecision:
    """What becomes of the database when a person goes back. Without a choice the rehearsal's verdict decides.

    Raises DatabaseRollbackError where that is not clear, or cannot be done.
    """
    if choice is Choice.DOWNGRADE:
        return _downgrade(leaving, means)
    if choice is Choice.RESTORE:
        return _restore(leaving, means, now)
    if choice is Choice.KEEP or not means.migrates or leaving.live.digest == leaving.target.digest:
        return RollbackDecision("the database stays as it is")
    return _by_verdict(leaving, means, now)


def _by_verdict(leaving: Leaving, means: Means, now: datetime) -> RollbackDecision:
    verdict, version = leaving.verdict, leaving.target.version
    if verdict is not None and verdict.verdict is Verdict.COMPATIBLE:
        return RollbackDecision(f"the database stays as it is: the rehearsal found that {version} works on it")
    if verdict is not None and verdict.verdict is Verdict.NEEDS_DOWNGRADE:
        return _downgrade(leaving, means)
    if verdict is not None:
        why = f"{version} does not work on the database as it is: {verdict.reason}"
        raise DatabaseRollbackError(f"{why}; {_choices(leaving, means, now)}")
    if leaving.revision is not None and leaving.revision == leaving.live.revision:
        return RollbackDecision(f"the database stays as it is: no migration came since {version}")
    raise DatabaseRollbackError(
        f"no rehearsal tells whether {version} works on the database as it is; {_choices(leaving, means, now)}"
    )


def _downgrade(leaving: Leaving, means: Means) -> RollbackDecision:
    if not means.downgrades:
        raise DatabaseRollbackError(
            "migrations cannot be taken back: the environment has no `downgrade` command; name one in the app's file"
        )
    if leaving.revision is None:
        raise DatabaseRollbackError(
            f"nobody knows at which revision {leaving.target.version} worked; take the migrations back by hand and use "
            "--database keep"
        )
    return RollbackDecision(f"migrations are taken back to {leaving.revision}", downgrade_to=leaving.revision)


def _restore(leaving: Leaving, means: Means, now: datetime) -> RollbackDecision:
    if not means.restores:
        raise DatabaseRollbackError("there is nothing to restore: the environment has no `database`")
    if leaving.left.backup is None:
        raise DatabaseRollbackError(
            f"the deployment of {leaving.left.version} made no backup of the database as {leaving.target.version} left it"
        )
    dropped = f"which drops what was written in the last {_minutes(leaving.left, now)}"
    return RollbackDecision(
        f"the database is restored from {leaving.left.backup}, {dropped}", restore_from=leaving.left.backup
    )


def _choices(leaving: Leaving, means: Means, now: datetime) -> str:
    """What a person may ask for, and what it costs."""
    choices = ["--database keep leaves it as it is"]
    if means.downgrades and leaving.revision is not None:
        choices.append(f"--database downgrade takes migrations back to {leaving.revision}")
    if means.restores and leaving.left.backup is not None:
        dropped = _minutes(leaving.left, now)
        choices.append(
            f"--database restore brings back the backup from before {leaving.left.version} and drops {dropped} of data"
        )
    return f"choose: {', '.join(choices)}"


def _minutes(left: Row, now: datetime) -> str:
    """How old the backup is that a deployment made as it began."""
    minutes = max(1, round((now - datetime.fromisoformat(left.at)).total_seconds() / 60))
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def revision_after_failure(
    verdict: WayBack | None, steps: Sequence[StepTiming], before: str | None, after: str | None
) -> str | None:
    """The revision that the migrations of a deployment that failed are taken back to; None where the database stays.

    Args:
        verdict: what the rehearsal said of the way back.
        steps: what was executed; nothing where nobody could write it down.
        before, after: the database's revision, where known.
    """
    if verdict is None or verdict.verdict is not Verdict.NEEDS_DOWNGRADE or not _migrated(steps, before, after):
        return None
    return before or verdict.revision


def at_stake(failed: Deployment) -> str | None:
    """What a person has to know when a deployment that migrated is answered with the older image alone; None where nothing is at stake."""
    verdict, before = failed.way_back, failed.previous
    if before is None or not failed.steps or not _migrated(failed.steps, failed.revision_before, failed.revision):
        return None
    if verdict is not None and verdict.verdict is Verdict.COMPATIBLE:
        return None
    if (
        verdict is not None
        and verdict.verdict is Verdict.NEEDS_DOWNGRADE
        and (failed.revision_before or verdict.revision)
    ):
        return None
    if verdict is None:
        why = f"no rehearsal tells whether {before.version} works on the migrated database"
    else:
        why = f"{before.version} does not work on the migrated database ({verdict.reason})"
    backup = f"; the backup from before is {failed.backup}" if failed.backup else "; there is no backup from before"
    return f"{why}{backup}"


def _migrated(steps: Sequence[StepTiming], before: str | None, after: str | None) -> bool:
    """Whether the database may have been migrated, also by an image that does so as it starts; a run that was killed could not say."""
    if before is not None and after is not None:
        return before != after
    return not steps or any(step.step == StepName.MIGRATE for step in steps)
