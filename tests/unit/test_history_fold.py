"""History: events fold into rows, whatever their order and number."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.history import INTERRUPTED, RUNNING, fold, rows, waiting
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Rehearsal, Release

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)
OUTCOMES = st.sampled_from(list(Outcome))


def release(version: str = "1.0.0") -> Release:
    return Release(
        app="shop", version=version, repository="r.example/shop", digest=f"sha256:{version}", commit="c" * 40
    )


def deployment(number: int, outcome: Outcome = Outcome.SUCCEEDED, **more: object) -> Deployment:
    given = {
        "kind": DeploymentKind.DEPLOY,
        "release": release(),
        "started": "2026-05-04T12:00:00+00:00",
        "run": f"run-{number}",
    }
    return Deployment.model_validate(
        {"id": f"{number:04}", "environment": "production", "outcome": outcome, **given, **more}
    )


events = st.lists(st.builds(deployment, st.integers(0, 8), OUTCOMES), max_size=30)


@given(events)
def test_every_attempt_has_exactly_one_row_with_its_last_word(stored: list[Deployment]) -> None:
    folded = fold(stored)
    assert {row.id for row in folded} == {event.id for event in stored}
    assert len({row.id for row in folded}) == len(folded)
    for row in folded:
        assert row == [event for event in stored if event.id == row.id][-1]


@given(events)
def test_the_newest_attempt_stands_first(stored: list[Deployment]) -> None:
    ids = [row.id for row in fold(stored)]
    assert ids == sorted(ids, reverse=True)


@given(events, st.data())
def test_the_order_between_different_attempts_does_not_matter(stored: list[Deployment], data: st.DataObject) -> None:
    """Two runs interleave as they like; only the order within one attempt counts."""
    by_id: dict[str, list[Deployment]] = {}
    for event in stored:
        by_id.setdefault(event.id, []).append(event)
    interleaved = []
    while by_id:
        chosen = data.draw(st.sampled_from(sorted(by_id)))
        interleaved.append(by_id[chosen].pop(0))
        if not by_id[chosen]:
            del by_id[chosen]
    assert fold(interleaved) == fold(stored)


@given(events)
def test_at_most_one_row_is_live_and_it_is_the_newest_success(stored: list[Deployment]) -> None:
    result = rows(fold(stored), alive=set(), now=NOW)
    live = [row for row in result if row.live]
    succeeded = [row for row in result if row.outcome == "succeeded"]
    assert live == succeeded[:1]


@given(events, st.sets(st.integers(0, 8)))
def test_an_open_attempt_is_running_or_interrupted_by_what_its_run_does(
    stored: list[Deployment], alive: set[int]
) -> None:
    runs = {f"run-{number}" for number in alive}
    for attempt, row in zip(fold(stored), rows(fold(stored), alive=runs, now=NOW), strict=True):
        if attempt.outcome is not Outcome.STARTED:
            assert row.outcome == attempt.outcome.value
        else:
            assert row.outcome == (RUNNING if attempt.run in runs else INTERRUPTED)
            assert row.error is None if attempt.run in runs else row.error


def test_a_deployment_that_was_rolled_back_leaves_the_one_before_it_live() -> None:
    good, bad = deployment(1), deployment(2, Outcome.ROLLED_BACK, release=release("1.1.0"), previous=release())
    result = rows(fold([good, bad]), alive=set(), now=NOW)
    assert [(row.version, row.outcome, row.live) for row in result] == [
        ("1.1.0", "rolled back", False),
        ("1.0.0", "succeeded", True),
    ]
    assert result[0].previous_version == "1.0.0"


def test_a_running_row_counts_its_seconds_up_to_now() -> None:
    [row] = rows(fold([deployment(1, Outcome.STARTED)]), alive={"run-1"}, now=NOW)
    assert (row.outcome, row.seconds) == (RUNNING, 30.0)


def test_a_rehearsal_is_a_row_that_never_is_live() -> None:
    rehearsal = Rehearsal(
        id="1", release=release(), environment="staging", outcome=Outcome.SUCCEEDED, started="2026-05-04T12:00:00+00:00"
    )
    [row] = rows(fold([rehearsal]), alive=set(), now=NOW)
    assert (row.kind, row.environment, row.live, row.previous_version) == ("rehearsal", "staging", False, None)


def held(number: int, version: str) -> Deployment:
    until = {"frozen_until": "2026-05-04T13:00:00+00:00", "error": "waits for the freeze to end at 13:00"}
    return deployment(number, Outcome.FROZEN, release=release(version), **until)


def waits(*attempts: Deployment) -> tuple[str | None, list[str | None]]:
    """The version that waits, and what the rows of frozen deployments say, newest first."""
    result = rows(fold(attempts), alive=set(), now=NOW)
    found = waiting(result)
    return found.version if found else None, [row.error for row in result if row.outcome == "frozen"]


def test_the_newest_release_that_a_freeze_has_held_back_waits_and_the_others_do_not() -> None:
    over, still = "a freeze held it back; what came after it counts", "waits for the freeze to end at 13:00"
    assert waits(deployment(1)) == (None, [])
    assert waits(deployment(1), held(2, "1.1.0")) == ("1.1.0", [still])
    assert waits(held(1, "1.1.0"), held(2, "1.2.0")) == ("1.2.0", [still, over])
    assert waits(held(1, "1.1.0"), deployment(2, release=release("1.1.0"))) == (None, [over])
    failed = deployment(2, Outcome.ROLLED_BACK, release=release("1.2.0"))
    assert waits(held(1, "1.1.0"), failed) == (None, [over])


def test_what_goes_through_a_freeze_with_an_older_version_or_goes_back_overtakes_nothing() -> None:
    older = deployment(2, release=release("1.0.1"))
    back = deployment(3, release=release("1.1.0"), kind=DeploymentKind.ROLLBACK)
    assert waits(held(1, "1.1.0"), older, back)[0] == "1.1.0"
