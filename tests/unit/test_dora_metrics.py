"""DORA metrics: the four measures by hand-computed cases, and what holds for every history."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.dora_metrics import Delivery, deliveries, measure, moment, spread
from pipeline_defs.release.period import Period
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def release(version: str) -> Release:
    return Release(app="shop", version=version, repository="r/shop", digest=f"sha256:{version}", commit="c" * 40)


def deployment(
    hours: float,
    version: str,
    outcome: Outcome = Outcome.SUCCEEDED,
    *,
    kind: DeploymentKind = DeploymentKind.DEPLOY,
    before: str | None = None,
    committed: Sequence[datetime] | None = None,
    seconds: float = 600,
    **more: object,
) -> Deployment:
    """One that began so many hours after Monday noon and took ten minutes."""
    started = MONDAY + hours * HOUR
    fields = {
        "id": f"{started:%Y%m%dT%H%M%SZ}", "kind": kind, "release": release(version), "environment": "production", "outcome": outcome,
        "started": started.isoformat(), "seconds": seconds, "previous": release(before) if before else None,
        "committed": None if committed is None else tuple(each.isoformat() for each in committed), **more,
    }  # fmt: skip
    return Deployment.model_validate(fields)


def back(hours: float, version: str, before: str, outcome: Outcome = Outcome.SUCCEEDED, **more: object) -> Deployment:
    return deployment(hours, version, outcome, kind=DeploymentKind.ROLLBACK, before=before, **more)  # type: ignore[arg-type]


WEEK = Period(MONDAY, MONDAY + 7 * DAY)


def test_a_quiet_week_measured_by_hand() -> None:
    """Two deployments in one week; commits 2 h, 4 h and 10 h before their deployments ended."""
    rows = [
        deployment(
            10, "1.0.0", committed=[MONDAY + 10 * HOUR + timedelta(minutes=10) - each * HOUR for each in (2, 4)]
        ),
        deployment(50, "1.1.0", committed=[MONDAY + 50 * HOUR + timedelta(minutes=10) - 10 * HOUR]),
    ]
    told = measure(deliveries(rows), WEEK)
    assert (told.deployments, told.shipped, told.per_week, told.failed, told.failure_rate) == (2, 2, 2.0, 0, 0.0)
    assert told.lead_time is not None
    assert (told.lead_time.median, told.lead_time.longest, told.lead_time.count, told.untold) == (
        4 * 3600,
        10 * 3600,
        3,
        0,
    )
    assert told.restore_time is None


def test_a_deployment_that_rolled_itself_back_failed_until_the_rollback_ended() -> None:
    """It begins at 20:00 and fails after ten minutes; the rollback begins at 20:10 and takes five."""
    rows = [
        deployment(1, "1.0.0"),
        deployment(20, "1.1.0", Outcome.ROLLED_BACK, before="1.0.0", failed_after_change=True, committed=[MONDAY]),
        back(20 + 1 / 6, "1.0.0", "1.1.0", because_of="20260303T080000Z", seconds=300),
    ]
    told = measure(deliveries(rows), WEEK)
    assert (told.deployments, told.shipped, told.failed, told.failure_rate) == (2, 1, 1, 0.5)
    assert told.restore_time is not None and told.restore_time.median == 15 * 60
    assert told.lead_time is None  # what did not stay was not delivered
    assert (told.untold, told.unrestored) == (1, 0)


def test_a_rollback_by_a_person_says_that_what_ran_had_failed() -> None:
    """1.1.0 is there at 10:10 and taken back from 13:00 to 13:10: three hours. Its commits had reached people all the same."""
    rows = [deployment(1, "1.0.0"), deployment(10, "1.1.0", committed=[MONDAY]), back(13, "1.0.0", "1.1.0")]
    found = deliveries(rows)
    assert [(each.shipped, each.failed) for each in found] == [(True, False), (True, True)]
    told = measure(found, WEEK)
    assert told.restore_time is not None and told.restore_time.median == 3 * 3600
    assert (told.failure_rate, told.lead_time and told.lead_time.count) == (0.5, 1)


def test_a_second_rollback_counts_from_when_the_older_release_came_back() -> None:
    rows = [
        deployment(1, "1.0.0"),
        deployment(10, "1.1.0"),
        deployment(20, "1.2.0"),
        back(30, "1.1.0", "1.2.0"),
        back(32, "1.0.0", "1.1.0"),
    ]
    found = {each.id: each for each in deliveries(rows)}
    older = found["20260302T220000Z"]
    assert older.failed and older.restored is not None and older.broken is not None
    assert older.restored - older.broken == 2 * HOUR


@pytest.mark.parametrize(
    "row",
    [
        deployment(1, "1.0.0", Outcome.FAILED),  # before anything was changed
        deployment(1, "1.0.0", Outcome.STARTED),  # it goes on, or nobody knows
        deployment(1, "1.0.0", Outcome.FROZEN, frozen_until=MONDAY.isoformat()),
        back(1, "1.0.0", "1.1.0"),  # of what this history does not know
    ],
)
def test_what_never_reached_the_environment_is_not_counted(row: Deployment) -> None:
    assert measure(deliveries([row]), WEEK).deployments == 0
    assert measure(deliveries([row]), WEEK).failure_rate is None


def test_what_nothing_has_mended_yet_is_said_and_not_guessed() -> None:
    rows = [deployment(1, "1.0.0", Outcome.FAILED, failed_after_change=True), back(2, "0.9.0", "1.0.0", Outcome.FAILED)]
    told = measure(deliveries(rows), WEEK)
    assert (told.failed, told.restore_time, told.unrestored) == (1, None, 1)
    told = measure(deliveries([*rows, deployment(5, "1.0.1")]), WEEK)
    assert told.restore_time is not None and told.restore_time.median == 4 * 3600 + 600


def test_a_failed_rollback_of_a_person_speaks_against_nothing() -> None:
    rows = [deployment(1, "1.0.0"), deployment(2, "1.1.0"), back(3, "1.0.0", "1.1.0", Outcome.ROLLED_BACK)]
    assert measure(deliveries(rows), WEEK).failed == 0


def test_times_of_every_zone_are_compared_as_moments() -> None:
    row = deployment(0, "1.0.0", seconds=0).model_copy(
        update={
            "started": "2026-03-02T13:00:00+01:00",
            "committed": ("2026-03-02T06:00:00-05:00", "2026-03-02T11:30:00"),
        }
    )
    told = measure(deliveries([row]), WEEK)
    assert told.lead_time is not None
    assert (told.lead_time.median, told.lead_time.longest) == (2700, 3600)
    assert moment("2026-03-02T13:00:00+01:00") == moment("2026-03-02T12:00:00") == MONDAY


def test_a_commit_from_the_future_took_no_time() -> None:
    told = measure(deliveries([deployment(1, "1.0.0", committed=[MONDAY + 9 * HOUR])]), WEEK)
    assert told.lead_time is not None and told.lead_time.longest == 0


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1))
def test_a_spread_is_of_what_was_there(seconds: list[float]) -> None:
    told = spread(seconds)
    assert told is not None
    assert min(seconds) <= told.median <= told.longest == max(seconds)
    assert told.p90 in seconds and told.median <= told.p90
    assert sum(each <= told.p90 for each in seconds) >= 0.9 * len(seconds)


KINDS = st.sampled_from([DeploymentKind.DEPLOY, DeploymentKind.ROLLBACK])
HISTORIES = st.lists(
    st.tuples(
        st.integers(1, 500), KINDS, st.sampled_from(list(Outcome)), st.integers(0, 3), st.integers(0, 3), st.booleans()
    ),
    max_size=25,
    unique_by=lambda row: row[0],
)


def made(history: list[tuple[int, DeploymentKind, Outcome, int, int, bool]]) -> list[Deployment]:
    return [
        deployment(
            hours, f"1.{new}.0", outcome, kind=kind, before=f"1.{old}.0", failed_after_change=broke, committed=[MONDAY]
        )
        for hours, kind, outcome, new, old, broke in history
    ]


@given(HISTORIES)
def test_every_history_is_measured_and_the_numbers_agree(
    history: list[tuple[int, DeploymentKind, Outcome, int, int, bool]],
) -> None:
    found = deliveries(made(history))
    assert deliveries(reversed(made(history))) == found
    told = measure(found, Period(MONDAY, MONDAY + 30 * DAY))
    assert told.shipped <= told.deployments == len(found) and told.failed <= told.deployments
    assert told.deployments - told.shipped <= told.failed
    assert told.unrestored + (told.restore_time.count if told.restore_time else 0) == told.failed
    assert all(each.restored >= each.broken for each in found if each.restored and each.broken)


@given(HISTORIES, st.sampled_from([1.0, 10.0, 100.0, 300.0]))
def test_the_parts_of_a_period_add_up_to_it(
    history: list[tuple[int, DeploymentKind, Outcome, int, int, bool]], days: float
) -> None:
    found, whole = deliveries(made(history)), Period(MONDAY, MONDAY + days * DAY)
    parts = [measure(found, part) for part in whole.parts()]
    for name in ("deployments", "shipped", "failed", "unrestored", "untold"):
        assert sum(getattr(part, name) for part in parts) == getattr(measure(found, whole), name)


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    at = [Delivery(str(number), moment, shipped=True) for number, moment in enumerate(WEEK)]
    assert measure(at, WEEK).shipped == 1
