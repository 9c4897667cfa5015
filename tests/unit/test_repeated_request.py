"""Once: whatever asks for the same commit and configuration, and in whatever order, it is deployed once, and again when a person asks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release import repeated_request
from pipeline_defs.release.history import Row, fold, rows
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
OUTCOMES = st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.WAITING])
COMMITS = st.sampled_from(["a", "b"])
REQUESTS = st.lists(st.tuples(COMMITS, st.sampled_from(["1", "2"]), st.booleans(), OUTCOMES), max_size=12)


def release(commit: str, configuration: str = "1") -> Release:
    return Release(
        app="shop", version="1.0.0", repository="r/shop", digest="sha256:1", commit=commit, configuration=configuration
    )


def deployment(
    number: int, what: Release, outcome: Outcome, actor: str, kind: DeploymentKind = DeploymentKind.DEPLOY
) -> Deployment:
    return Deployment(
        id=f"{number:04}", kind=kind, release=what, environment="production", outcome=outcome, run=f"run-{number}",
        started=(START + timedelta(minutes=number)).isoformat(), seconds=30.0, actor=actor,
    )  # fmt: skip


def known(events: list[Deployment]) -> list[Row]:
    return rows(fold(events), alive=set(), now=START)


@given(REQUESTS)
def test_what_nobody_asks_for_in_person_adds_no_second_deployment_of_the_same(
    requests: list[tuple[str, str, bool, Outcome]],
) -> None:
    events: list[Deployment] = []
    for number, (commit, configuration, automatic, outcome) in enumerate(requests):
        what = release(commit, configuration)
        row = repeated_request.made_before(what, known(events))
        asked = START + timedelta(minutes=number)
        if row and repeated_request.is_answered(
            row, automatic=automatic, made_by_itself=row.actor == "sensor", asked=asked
        ):
            assert automatic, "nobody who asks in person later is put off"
            continue
        events.append(deployment(number, what, outcome, "sensor" if automatic else "a person"))
    made = [row for row in fold(events) if row.outcome is not Outcome.WAITING]
    for newer, older in pairwise(made):
        same = (newer.release.commit, newer.release.configuration) == (
            older.release.commit,
            older.release.configuration,
        )
        assert not (same and newer.actor == "sensor")


def test_a_person_who_asked_before_it_came_about_by_itself_has_got_it() -> None:
    (row,) = known([deployment(1, release("a"), Outcome.SUCCEEDED, "sensor")])
    while_it_ran = START + timedelta(minutes=1, seconds=10)
    assert repeated_request.is_answered(row, automatic=False, made_by_itself=True, asked=while_it_ran)
    assert not repeated_request.is_answered(row, automatic=False, made_by_itself=True, asked=START + timedelta(hours=1))
    assert not repeated_request.is_answered(row, automatic=False, made_by_itself=False, asked=while_it_ran), (
        "asked twice, made twice"
    )


def test_a_rollback_since_then_does_not_make_it_a_new_request() -> None:
    went_back = deployment(2, release("old"), Outcome.SUCCEEDED, "a person", DeploymentKind.ROLLBACK)
    row = repeated_request.made_before(
        release("a"), known([deployment(1, release("a"), Outcome.SUCCEEDED, "a person"), went_back])
    )
    assert row is not None and not row.live
    assert "it is not tried again by itself" in repeated_request.sentence(release("a"), row)


def test_an_older_commit_that_is_the_newest_again_is_deployed() -> None:
    events = [
        deployment(1, release("a"), Outcome.SUCCEEDED, "sensor"),
        deployment(2, release("b"), Outcome.SUCCEEDED, "sensor"),
    ]
    assert repeated_request.made_before(release("a"), known(events)) is None
