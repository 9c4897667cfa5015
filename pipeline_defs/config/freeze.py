"""Freeze: windows of time in which nothing is deployed to an environment by itself, by the clock of a place."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_MINUTES = 24 * 60
_YEARS = range(2000, 3000)
_LONGEST = timedelta(days=366)  # windows that follow each other without an end are not followed any further
_MOMENT = r"(?P<{0}_day>[A-Za-z]+|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?: (?P<{0}_time>[0-9]{{2}}:[0-9]{{2}}))?"
_WINDOW = re.compile(rf"{_MOMENT.format('start')} \.\. {_MOMENT.format('end')} (?P<zone>\S+)")
_MEANING = "two days or dates, each with or without a time, and a time zone: Fri 12:00 .. Mon 07:00 Europe/London"


@dataclass(frozen=True)
class Window:
    """A window: from a moment up to another one by the clock of a place, once or every week.

    Attributes:
        text: as it was written.
        start, end: the first moment of it and the first after it, by the clock of the place. Of a weekly one, in the week of
            Monday, 2024-01-01, in which it begins.
        weekly: it comes every week.
    """

    text: str
    zone: ZoneInfo
    start: datetime
    end: datetime
    weekly: bool

    def around(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The beginnings and ends, in UTC, of those that could cover a moment, and of the next one; oldest first.

        Where the clock is put forward or back, the longer of what could be meant counts.
        """
        if not self.weekly:
            yield self._real(self.start, min), self._real(self.end, max)
            return
        weeks = (at.astimezone(self.zone).replace(tzinfo=None) - self.start) // timedelta(weeks=1)
        for number in range(weeks - 1, weeks + 3):
            begins, ends = (moment + timedelta(weeks=number) for moment in (self.start, self.end))
            yield self._real(begins, min), self._real(ends, max)

    def _real(self, clock: datetime, choose: Callable[[Iterable[datetime]], datetime]) -> datetime:
        """The moment, in UTC, at which the clock of the place says so: there may be two of them, or none."""
        return choose(clock.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))


@dataclass(frozen=True)
class Frozen:
    """A freeze that holds: until when, in UTC, the window that says so, and the same moment by the clock of its place."""

    until: datetime
    window: str
    local: str


def window(text: str) -> Window:
    """A window as people write it. A day without a time is the whole day. Raises ValueError that says what is allowed."""
    found = _WINDOW.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValueError(_MEANING)
    zone = _zone(found["zone"])
    weekly = [each.isalpha() for each in (found["start_day"], found["end_day"])]
    if weekly[0] != weekly[1]:
        raise ValueError("two days of the week or two dates, not one of each")
    start = _day(found["start_day"]) + _time(found["start_time"] or "00:00")
    end = _day(found["end_day"]) + _time(found["end_time"] or "24:00")
    if weekly[0]:
        end = end if end > start else end + timedelta(weeks=1)
        if end - start >= timedelta(weeks=1):
            raise ValueError(
                "a window that ends before it begins again; to deploy by hand alone, use auto_deploy: false"
            )
    if end <= start:
        raise ValueError("an end that comes after the beginning")
    return Window(text, zone, start, end, weekly[0])


def frozen(windows: Sequence[Window], at: datetime) -> Frozen | None:
    """The freeze that holds at a moment (with a time zone), up to the end of all windows that follow each other; None where none does."""
    until, last = at, None
    while until - at < _LONGEST:
        covering = [(end, each) for each in windows for start, end in each.around(until) if start <= until < end]
        if not covering:
            break
        until, last = max(covering, key=lambda found: found[0])
    if last is None:
        return None
    until = until.astimezone(UTC)
    return Frozen(until, last.text, f"{until.astimezone(last.zone):%a %Y-%m-%d %H:%M %Z}")


def next_start(windows: Sequence[Window], at: datetime) -> datetime | None:
    """When the next window begins, in UTC; None where none is to come."""
    starts = [start for each in windows for start, _ in each.around(at) if start > at]
    return min(starts, default=None)


def _check(text: str) -> str:
    window(text)
    return text


FreezeWindow = Annotated[str, AfterValidator(_check)]
"""A window in an app's file."""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, a path that leads elsewhere, a folder
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"a time zone such as {close[0] if close else 'Europe/London'} at the end") from None


def _day(word: str) -> datetime:
    """The beginning of a date, or of a day in the week of Monday, 2024-01-01."""
    if not word.isalpha():
        try:
            day = date.fromisoformat(word)
        except ValueError:
            raise ValueError(f"a date that there is, instead of {word}") from None
        if day.year not in _YEARS:
            raise ValueError(f"a year from {_YEARS[0]} to {_YEARS[-1]}, instead of {word}")
        return datetime(day.year, day.month, day.day)
    if word.capitalize() not in _DAYS:
        raise ValueError(f"a day out of {', '.join(_DAYS)}, instead of {word}")
    return datetime(2024, 1, 1) + timedelta(days=_DAYS.index(word.capitalize()))


def _time(word: str) -> timedelta:
    hours, minutes = int(word[:2]), int(word[3:])
    if minutes > 59 or hours * 60 + minutes > _DAY_MINUTES:
        raise ValueError(f"a time from 00:00 to 24:00, instead of {word}")
    return timedelta(hours=hours, minutes=minutes)
