"""Plans: what is expected of a deployment, from what was seen before."""

import pytest

from pipeline_defs.release.deployment_plan import PlannedStep, downtime, expected, going_back, migrations
from pipeline_defs.release.evidence import Migration, StepTiming, Verdict, WayBack
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Rehearsal
from tests.unit.sample import release

NEW, OLD = release("1.5.0"), release("1.4.2", digest=f"sha256:{'cd' * 32}")
BEGAN = "2026-05-04T12:00:00+00:00"


def timings(**seconds: float) -> tuple[StepTiming, ...]:
    return tuple(StepTiming(step=step, seconds=took) for step, took in seconds.items())


def deployed(outcome: Outcome = Outcome.SUCCEEDED, **seconds: float) -> Deployment:
    return Deployment(
        id="2",
        kind=DeploymentKind.DEPLOY,
        release=OLD,
        environment="production",
        outcome=outcome,
        started=BEGAN,
        steps=timings(**seconds),
    )


def rehearsed(of: object = NEW, outcome: Outcome = Outcome.SUCCEEDED, **more: object) -> Rehearsal:
    given = {"id": "3", "release": of, "environment": "staging", "outcome": outcome, "started": BEGAN}
    return Rehearsal.model_validate({**given, **more})


def planned(*names: str, **seconds: float) -> list[PlannedStep]:
    return [PlannedStep(step=name, does=name, seconds=seconds.get(name)) for name in (*names, *seconds)]


def test_a_step_takes_what_it_took_last_there_and_else_in_a_rehearsal() -> None:
    (start,) = planned("start")
    shipped, tried = deployed(start=4.0), rehearsed(steps=timings(start=2.0))
    assert expected(start, NEW.digest, [shipped], [tried]).seconds == 4.0
    assert expected(start, NEW.digest, [shipped], [tried]).learned_from == "deployment of 1.4.2"
    failed = deployed(Outcome.ROLLED_BACK, start=9.0)
    assert expected(start, NEW.digest, [failed], [tried]).learned_from == "rehearsal of 1.5.0"
    assert expected(start, NEW.digest, [], []).seconds is None


def test_migrations_take_what_they_took_in_the_rehearsal_of_this_very_image() -> None:
    (migrate,) = planned("migrate")
    shipped, tried = deployed(migrate=0.5), rehearsed(steps=timings(migrate=30.0))
    assert expected(migrate, NEW.digest, [shipped], [tried]).seconds == 30.0
    assert expected(migrate, OLD.digest, [shipped], [tried]).seconds == 0.5


def test_a_step_that_failed_tells_nothing_of_its_time() -> None:
    (test,) = planned("test")
    half = deployed().model_copy(update={"steps": (StepTiming(step="test", seconds=1.0, outcome="failed"),)})
    assert expected(test, NEW.digest, [half], []).seconds is None


def test_the_app_is_away_from_the_first_change_until_it_is_healthy() -> None:
    steps = planned(backup=9.0, pull=5.0, start=2.0, migrate=1.5, healthy=0.5, test=7.0)
    assert downtime(steps) == 4.0
    assert downtime(planned("healthy", pull=5.0)) == 0.0
    unknown = [step.model_copy(update={"seconds": None}) if step.step == "migrate" else step for step in steps]
    assert downtime(unknown) is None


ONE = Migration(before="0003", after="0004", seconds=1.5)


@pytest.mark.parametrize(
    ("revision", "known", "sentence"),
    [
        ("0003", True, "0003 -> 0004: 1.5 s"),
        (None, True, "0003 -> 0004: 1.5 s"),
        ("0004", True, "none: the database is at 0004 already"),
        ("0002", False, "not known: it was rehearsed from 0003, and the database is at 0002"),
    ],
)
def test_migrations_are_those_of_the_rehearsal_where_it_began_where_the_database_is(
    revision: str | None, known: bool, sentence: str
) -> None:
    tried = rehearsed(migrations=(ONE,), revision_before="0003", revision="0004")
    found = migrations(NEW, [tried], revision, migrates=True)
    assert (found.known, found.sentence) == (known, sentence)
    assert found.each == ((ONE,) if "1.5 s" in sentence else ())


def test_migrations_that_nobody_rehearsed_are_not_known() -> None:
    bad = rehearsed(outcome=Outcome.FAILED, migrations=(ONE,))
    assert not migrations(NEW, [bad, rehearsed(OLD)], "0003", migrates=True).known
    assert migrations(NEW, [], "0003", migrates=False).known


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.COMPATIBLE, "1.4.2 is started again, and works on the database as it is then"),
        (Verdict.NEEDS_DOWNGRADE, "migrations are taken back to 0003, then 1.4.2 is started again"),
        (
            Verdict.NEEDS_RESTORE,
            "1.4.2 is started again, but does not work on the migrated database (a column is gone); only a person restores "
            "the backup",
        ),
    ],
)
def test_going_back_is_by_the_verdict(verdict: Verdict, sentence: str) -> None:
    found = WayBack(verdict=verdict, version="1.4.2", digest=OLD.digest, revision="0003", reason="a column is gone")
    assert going_back(NEW, OLD, found) == sentence


def test_going_back_without_a_verdict_says_so() -> None:
    assert going_back(NEW, None, None) == "nothing runs there yet, so a release that fails is taken down"
    assert going_back(NEW, OLD, None).endswith("no rehearsal tells whether it works on it")
    assert going_back(NEW, NEW, None).endswith("the same image, with the configuration that it has now")
