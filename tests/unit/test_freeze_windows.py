"""Freezes: windows by the clock of a place, whatever that clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline_defs.config.freeze import Window, frozen, next_start, window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Half an hour, two hours, none, and places where a whole day was left out.
ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
)
WEEK = 7 * 24 * 60
SECOND = timedelta(seconds=1)

minutes = st.integers(0, WEEK - 1)
moments = st.datetimes(datetime(2010, 1, 2), datetime(2035, 12, 30), timezones=st.just(UTC))
zones = st.sampled_from(ZONES)


def said(minute: int) -> str:
    return f"{DAYS[minute // 1440]} {minute % 1440 // 60:02}:{minute % 60:02}"


def weekly(start: int, end: int, zone: str) -> Window:
    return window(f"{said(start)} .. {said(end)} {zone}")


def clock_says(each: Window, at: datetime) -> bool:
    """Whether the clock on the wall there shows a time in the window; no more is said of what happens when it is changed."""
    here = at.astimezone(each.zone)
    minute = here.weekday() * 1440 + here.hour * 60 + here.minute
    start = each.start.weekday() * 1440 + each.start.hour * 60 + each.start.minute
    return (minute - start) % WEEK < (each.end - each.start) // timedelta(minutes=1)


def clock_is_steady(zone: ZoneInfo, at: datetime) -> bool:
    """No change of the clock within eight days, so that no window around the moment is touched by one."""
    around = [at + timedelta(hours=hours) for hours in range(-192, 193, 6)]
    return len({moment.astimezone(zone).utcoffset() for moment in around}) == 1


@given(minutes, minutes, zones, moments)
def test_a_weekly_window_holds_when_the_clock_says_so(start: int, end: int, zone: str, at: datetime) -> None:
    assume(start != end and clock_is_steady(ZoneInfo(zone), at))
    each = weekly(start, end, zone)
    assert (frozen([each], at) is not None) == clock_says(each, at)


@given(minutes, minutes, zones, moments)
def test_a_window_is_never_shorter_than_the_clock_says(start: int, end: int, zone: str, at: datetime) -> None:
    """Also while the clock is changed: but for the hours around a change nothing more is frozen either."""
    assume(start != end)
    each = weekly(start, end, zone)
    if clock_says(each, at):
        # The day that was left out on Samoa was in no window, nor was it on any clock.
        assert frozen([each], at) is not None
    elif frozen([each], at) is not None:
        nearby = [at + timedelta(hours=hours) for hours in range(-26, 27)]
        assert len({moment.astimezone(each.zone).utcoffset() for moment in nearby}) > 1


@given(st.lists(st.tuples(minutes, minutes, zones), min_size=1, max_size=4), moments)
def test_a_freeze_holds_up_to_its_end_and_not_at_it(told: list[tuple[int, int, str]], at: datetime) -> None:
    windows = [weekly(*each) for each in told if each[0] != each[1]]
    held = frozen(windows, at)
    if held is None:
        following = next_start(windows, at)
        assert following is None or (following > at and frozen(windows, following) is not None)
        assert following is None or frozen(windows, following - SECOND) is None or following - SECOND < at
        return
    assert held.until > at
    assert held.window in {each.text for each in windows}
    assert frozen(windows, at + (held.until - at) / 2) is not None
    if held.until - at < timedelta(days=366):
        assert frozen(windows, held.until - SECOND) is not None or held.until - SECOND < at
        assert frozen(windows, held.until) is None


@given(minutes, minutes, zones, moments)
def test_the_other_half_of_the_week_is_the_other_window(start: int, end: int, zone: str, at: datetime) -> None:
    assume(start != end)
    assert frozen([weekly(start, end, zone)], at) or frozen([weekly(end, start, zone)], at)


@given(st.dates(datetime(2011, 1, 1).date(), datetime(2035, 1, 1).date()), st.integers(0, 40), zones)
def test_dates_without_a_time_are_whole_days(first: datetime, days: int, zone: str) -> None:
    assume(zone != "Pacific/Apia" or first.year > 2012)
    last = first + timedelta(days=days)
    each = window(f"{first} .. {last} {zone}")
    place = ZoneInfo(zone)

    def at(day: datetime, hour: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, 30, tzinfo=place)

    assert frozen([each], at(first, 0))
    assert frozen([each], at(last, 23))
    assert not frozen([each], at(first - timedelta(days=1), 23))
    assert not frozen([each], at(last + timedelta(days=1), 0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "until"),
    [
        # over the end of the week, in winter and in summer
        ("Fri 12:00 .. Mon 07:00 Europe/London", "2026-11-28T09:00", "2026-11-30T07:00"),
        ("Fri 12:00 .. Mon 07:00 Europe/London", "2026-07-04T09:00", "2026-07-06T06:00"),
        # the clock is put forward, then back, within the window
        ("Fri 12:00 .. Mon 07:00 Europe/London", "2026-03-28T09:00", "2026-03-30T06:00"),
        ("Fri 12:00 .. Mon 07:00 Europe/London", "2026-10-24T09:00", "2026-10-26T07:00"),
        # an end that the clock never shows, and one that it shows twice
        ("Sat 22:00 .. Sun 01:30 Europe/London", "2026-03-29T00:10", "2026-03-29T01:30"),
        ("Sat 22:00 .. Sun 01:30 Europe/London", "2026-10-25T00:10", "2026-10-25T01:30"),
        # a beginning that it shows twice
        ("Sun 01:30 .. Sun 06:00 Europe/London", "2026-10-25T00:30", "2026-10-25T06:00"),
        # dates, over the year's end
        ("2026-12-20 .. 2027-01-02 Europe/London", "2026-12-31T23:59", "2027-01-03T00:00"),
        ("2026-12-20 18:00 .. 2027-01-02 09:00 America/New_York", "2026-12-20T23:00", "2027-01-02T14:00"),
        ("Sat .. Sun UTC", "2026-11-28T00:00", "2026-11-30T00:00"),
    ],
)
def test_until_when_a_freeze_holds(text: str, moment: str, until: str) -> None:
    held = frozen([window(text)], at(moment))
    assert held is not None
    assert held.until == at(until)


def test_windows_that_follow_each_other_are_one_freeze() -> None:
    windows = [window("Fri 12:00 .. Sun 00:00 UTC"), window("Sun 00:00 .. Mon 07:00 UTC")]
    held = frozen(windows, at("2026-11-27T12:00"))
    assert held is not None
    assert (held.until, held.window) == (at("2026-11-30T07:00"), windows[1].text)
    assert held.local == "Mon 2026-11-30 07:00 UTC"


def test_windows_without_an_end_hold_for_long_and_do_not_hang() -> None:
    windows = [window("Mon .. Thu UTC"), window("Thu .. Mon UTC")]
    held = frozen(windows, at("2026-11-27T12:00"))
    assert held is not None
    assert held.until > at("2027-11-20T00:00")


def test_a_window_of_dates_that_is_over_does_not_come_again() -> None:
    over = window("2020-12-20 .. 2021-01-02 UTC")
    assert frozen([over], at("2026-12-25T00:00")) is None
    assert next_start([over], at("2026-12-25T00:00")) is None
