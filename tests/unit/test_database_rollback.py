"""What becomes of the database when an environment goes back: by a person's choice, by the verdict, or after a failure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline_defs.release.database_rollback import (
    Choice,
    DatabaseRollbackError,
    Leaving,
    Means,
    RollbackDecision,
    at_stake,
    decide,
    revision_after_failure,
    verdict_on,
)
from pipeline_defs.release.evidence import StepTiming, Verdict, WayBack
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from tests.unit import sample

OLD, NEW, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64, "sha256:" + "c" * 64
NOW = datetime(2026, 1, 31, 12, 37, tzinfo=UTC)
ALL = Means(migrates=True, downgrades=True, restores=True)
BACKUP = "/opt/shop/backups/new.dump"


def row(version: str, digest: str, **more: Any) -> Row:
    """A deployment, or with `way_back` a rehearsal, that went well."""
    known = {
        "id": version, "at": "2026-01-31T12:00:00+00:00", "app": "shop", "environment": "production", "kind": "deploy",
        "outcome": "succeeded", "version": version, "digest": digest, "commit": "c", "run": "r", **more,
    }  # fmt: skip
    return Row.model_validate(known)


def way_back(verdict: Verdict, to: str = OLD, revision: str | None = "0003") -> WayBack:
    return WayBack(verdict=verdict, version="1.4.1", digest=to, revision=revision, reason="e2e: 1 of 9 failed")


def leaving(verdict: WayBack | None = None, **live: Any) -> Leaving:
    """1.4.2 runs, which migrated from 0003 to 0004, and 1.4.1 is gone back to."""
    new = row("1.4.2", NEW, **{"revision_before": "0003", "revision": "0004", "backup": BACKUP, **live})
    return Leaving(live=new, target=row("1.4.1", OLD, revision="0003"), left=new, verdict=verdict)


def test_a_compatible_release_keeps_the_database() -> None:
    going = decide(None, leaving(way_back(Verdict.COMPATIBLE)), ALL, NOW)
    assert (going.downgrade_to, going.restore_from) == (None, None)
    assert "the rehearsal found that 1.4.1 works on it" in going.sentence


def test_one_that_needs_a_downgrade_gets_it_to_the_revision_it_worked_on() -> None:
    assert decide(None, leaving(way_back(Verdict.NEEDS_DOWNGRADE)), ALL, NOW).downgrade_to == "0003"
    assert decide(None, leaving(way_back(Verdict.NEEDS_DOWNGRADE, revision=None)), ALL, NOW).downgrade_to == "0003"


def test_one_that_needs_a_restore_is_refused_with_what_can_be_asked_for_and_what_it_costs() -> None:
    with pytest.raises(DatabaseRollbackError) as refused:
        decide(None, leaving(way_back(Verdict.NEEDS_RESTORE)), ALL, NOW)
    assert str(refused.value) == (
        "1.4.1 does not work on the database as it is: e2e: 1 of 9 failed; choose: --database keep leaves it as it is, "
        "--database downgrade takes migrations back to 0003, "
        "--database restore brings back the backup from before 1.4.2 and drops 37 minutes of data"
    )


def test_without_a_verdict_the_database_is_kept_only_where_nothing_was_migrated() -> None:
    assert decide(None, leaving(revision="0003"), ALL, NOW).sentence.endswith("no migration came since 1.4.1")
    assert decide(None, leaving(), Means(migrates=False, downgrades=False, restores=True), NOW) == RollbackDecision(
        "the database stays as it is"
    )
    with pytest.raises(
        DatabaseRollbackError, match=r"no rehearsal tells whether 1\.4\.1 works .*; choose: --database keep"
    ):
        decide(None, leaving(), ALL, NOW)
    unknown = leaving(revision_before=None, revision=None)
    nobody = Leaving(live=unknown.live, target=row("1.4.1", OLD), left=unknown.left, verdict=None)
    with pytest.raises(DatabaseRollbackError, match="no rehearsal tells"):
        decide(None, nobody, ALL, NOW)


def test_the_same_image_keeps_the_database() -> None:
    same = Leaving(live=row("1.4.2", NEW), target=row("1.4.1", NEW), left=row("1.4.2", NEW), verdict=None)
    assert decide(None, same, ALL, NOW) == RollbackDecision("the database stays as it is")


def test_a_person_may_choose() -> None:
    worst = leaving(way_back(Verdict.NEEDS_RESTORE))
    assert decide(Choice.KEEP, worst, ALL, NOW) == RollbackDecision("the database stays as it is")
    assert decide(Choice.DOWNGRADE, worst, ALL, NOW).downgrade_to == "0003"
    restored = decide(Choice.RESTORE, worst, ALL, NOW)
    assert restored.restore_from == BACKUP
    assert restored.sentence.endswith("which drops what was written in the last 37 minutes")


@pytest.mark.parametrize(
    ("choice", "about", "means", "says"),
    [
        (Choice.DOWNGRADE, leaving(), Means(migrates=True, downgrades=False, restores=True), "no `downgrade` command"),
        (Choice.RESTORE, leaving(), Means(migrates=True, downgrades=True, restores=False), "has no `database`"),
        (Choice.RESTORE, leaving(backup=None), ALL, "the deployment of 1.4.2 made no backup"),
    ],
)
def test_what_cannot_be_done_is_refused(choice: Choice, about: Leaving, means: Means, says: str) -> None:
    with pytest.raises(DatabaseRollbackError, match=says):
        decide(choice, about, means, NOW)


def test_the_newest_rehearsal_that_passed_and_tried_this_very_release_counts() -> None:
    def rehearsal(found: WayBack | None, **more: Any) -> Row:
        return row("1.4.2", more.pop("digest", NEW), kind="rehearsal", way_back=found, **more)

    good = way_back(Verdict.COMPATIBLE)
    rehearsals = [
        rehearsal(way_back(Verdict.NEEDS_RESTORE), outcome="failed"),
        rehearsal(way_back(Verdict.NEEDS_RESTORE, to=OTHER)),
        rehearsal(way_back(Verdict.NEEDS_RESTORE), digest=OTHER),
        rehearsal(None),
        rehearsal(good, revision="0004"),
        rehearsal(way_back(Verdict.NEEDS_DOWNGRADE)),
    ]
    assert verdict_on(rehearsals, NEW, OLD) == good
    assert verdict_on(rehearsals, NEW, OLD, "0004") == good
    assert verdict_on(rehearsals, OLD, NEW) is None


def test_a_rehearsal_says_nothing_about_a_database_at_another_revision() -> None:
    found = row("1.4.2", NEW, kind="rehearsal", way_back=way_back(Verdict.COMPATIBLE), revision="0004")
    assert verdict_on([found], NEW, OLD, "0009") is None


STEPS = tuple(StepTiming(step=name, seconds=1) for name in ("start", "migrate", "healthy"))


@pytest.mark.parametrize(
    ("verdict", "steps", "before", "after", "revision"),
    [
        (Verdict.NEEDS_DOWNGRADE, STEPS, "0002", None, "0002"),
        (Verdict.NEEDS_DOWNGRADE, STEPS, None, None, "0003"),
        (Verdict.NEEDS_DOWNGRADE, (), None, None, "0003"),  # a run that was killed
        (Verdict.NEEDS_DOWNGRADE, STEPS[:1], "0002", None, None),  # it did not come so far
        (Verdict.NEEDS_DOWNGRADE, STEPS, "0004", "0004", None),
        (Verdict.COMPATIBLE, STEPS, "0002", None, None),
        (Verdict.NEEDS_RESTORE, STEPS, "0002", None, None),
        (None, STEPS, "0002", None, None),
    ],
)
def test_migrations_of_a_deployment_that_failed_are_taken_back_only_where_the_rehearsal_did(
    verdict: Verdict | None, steps: tuple[StepTiming, ...], before: str, after: str, revision: str | None
) -> None:
    found = way_back(verdict) if verdict else None
    assert revision_after_failure(found, steps, before, after) == revision


def failed(found: WayBack | None, **more: Any) -> Deployment:
    """A deployment of 1.4.2 over 1.4.1 that failed."""
    known = {
        "id": "1", "kind": DeploymentKind.DEPLOY, "release": sample.release(), "environment": "production",
        "outcome": Outcome.FAILED, "started": "2026-01-31T12:00:00+00:00", "previous": sample.release("1.4.1"),
        "steps": STEPS, "revision_before": "0003", "backup": BACKUP, "way_back": found, **more,
    }  # fmt: skip
    return Deployment.model_validate(known)


def test_what_is_at_stake_is_said_with_the_place_of_the_backup() -> None:
    assert at_stake(failed(way_back(Verdict.NEEDS_RESTORE))) == (
        "1.4.1 does not work on the migrated database (e2e: 1 of 9 failed); the backup from before is " + BACKUP
    )
    assert at_stake(failed(None)) == (
        "no rehearsal tells whether 1.4.1 works on the migrated database; the backup from before is " + BACKUP
    )
    assert str(at_stake(failed(None, backup=None))).endswith("there is no backup from before")


@pytest.mark.parametrize(
    "row",
    [
        failed(way_back(Verdict.COMPATIBLE)),
        failed(way_back(Verdict.NEEDS_DOWNGRADE)),
        failed(None, steps=STEPS[:1]),
        failed(None, previous=None),
        failed(None, revision="0003"),
    ],
)
def test_nothing_is_at_stake_where_the_image_or_a_downgrade_is_enough_or_nothing_was_migrated(row: Deployment) -> None:
    assert at_stake(row) is None
