"""Periods: how a beginning is written, and the days, weeks and months in between, whatever is done to clocks."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.period import Period, PeriodError

NOW = datetime(2026, 11, 26, 11, tzinfo=UTC)
ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"]
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("90d", NOW - timedelta(90)),
        ("12w", NOW - timedelta(84)),
        (" 6m ", NOW - timedelta(180)),
        ("1y", NOW - timedelta(365)),
        ("2026-06-01", datetime(2026, 5, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_beginning_is_a_distance_or_a_day(text: str, begin: datetime) -> None:
    assert Period.since(text, NOW, ZoneInfo("Europe/London")) == (begin, NOW)


@pytest.mark.parametrize(
    "text", ["", "90", "0d", "-1d", "9 d", "90D", "yesterday", "2026-13-01", "2026-1-1", "99999d", "9999y", "d"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="is no beginning; write 90d"):
        Period.since(text, NOW)


def test_a_day_that_has_not_come_is_refused() -> None:
    with pytest.raises(PeriodError, match="2026-11-27 has not come yet"):
        Period.since("2026-11-27", NOW)


@given(MOMENTS, st.floats(min_value=0.001, max_value=2000), ZONES)
def test_the_parts_follow_each_other_and_are_the_whole(begin: datetime, days: float, zone: str) -> None:
    whole = Period(begin, begin + timedelta(days))
    parts = whole.parts(ZoneInfo(zone))
    assert (parts[0].begin, parts[-1].end) == whole
    assert all(one.end == other.begin for one, other in itertools.pairwise(parts))
    assert all(part.begin < part.end for part in parts)
    assert len(parts) <= 70


@given(MOMENTS, ZONES)
def test_weeks_begin_on_mondays_and_months_on_their_first_day(begin: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    weeks = Period(begin, begin + timedelta(100)).parts(place)[1:]
    assert all(part.begin.astimezone(place).weekday() == 0 for part in weeks)
    months = Period(begin, begin + timedelta(300)).parts(place)[1:]
    assert all(part.begin.astimezone(place).day == 1 for part in months)


def test_a_day_on_which_the_clock_is_put_back_has_25_hours() -> None:
    london = ZoneInfo("Europe/London")
    begin = datetime(2026, 10, 24, tzinfo=london).astimezone(UTC)
    days = Period(begin, begin + timedelta(5)).parts(london)
    assert [part.days * 24 for part in days[:3]] == [24.0, 25.0, 24.0]
