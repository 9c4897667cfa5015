"""Period: a stretch of time that is looked back on, and the days, weeks or months in it."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Self

from pipeline_defs.config.base_error import ShiplineError

_AGO = re.compile(r"([1-9][0-9]{0,3})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MOST_DAYS, _MOST_WEEKS = 21, 200  # up to so many days it is told by days, then by weeks, then by months


class PeriodError(ShiplineError, ValueError):
    """A text that says no beginning."""

    status = 2


class Period(NamedTuple):
    """From a moment up to another one, which is not part of it; both in UTC."""

    begin: datetime
    end: datetime

    @classmethod
    def since(cls, text: str, now: datetime, zone: tzinfo = UTC) -> Self:
        """What lies between a beginning and now: `90d`, `12w`, `6m` (of 30 days), `1y`, or a day such as 2026-01-31, from its midnight.

        Raises PeriodError, also where that is in the future.
        """
        ago = _AGO.fullmatch(text.strip())
        try:
            begin = (
                now - timedelta(int(ago[1]) * _DAYS[ago[2]])
                if ago
                else _midnight(date.fromisoformat(text.strip()), zone)
            )
        except (ValueError, OverflowError):
            raise PeriodError(
                f"{text!r} is no beginning; write 90d, 12w, 6m or 1y, or a day such as 2026-01-31"
            ) from None
        if begin >= now:
            raise PeriodError(f"{text} has not come yet; give a day that is over")
        return cls(begin.astimezone(UTC), now.astimezone(UTC))

    @property
    def days(self) -> float:
        """How long it is, in days of 24 hours."""
        return (self.end - self.begin) / timedelta(days=1)

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.begin <= moment < self.end

    def parts(self, zone: tzinfo = UTC) -> list["Period"]:
        """Its days, weeks from Monday on, or calendar months, by how long it is; they meet at the midnights of a time zone.

        The first and the last are cut off where the period begins and ends. Together they are the period.
        """
        step = _next_day if self.days <= _MOST_DAYS else _next_week if self.days <= _MOST_WEEKS else _next_month
        cuts = [self.begin]
        while (following := _midnight(step(cuts[-1].astimezone(zone).date()), zone)) < self.end:
            cuts.append(following)
        return [Period(begin, end) for begin, end in zip(cuts, [*cuts[1:], self.end], strict=True)]


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The moment at which a day begins, in UTC: where the clock is changed there, the later one, so that days always go on."""
    return max(datetime.combine(day, time(fold=fold), zone).astimezone(UTC) for fold in (0, 1))


def _next_day(day: date) -> date:
    return day + timedelta(1)


def _next_week(day: date) -> date:
    return day + timedelta(7 - day.weekday())


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(32)).replace(day=1)
