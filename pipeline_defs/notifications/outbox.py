"""Outbox: what one place has still to be told, and the sensor's memory, which is its cursor."""

from pydantic import BaseModel, ValidationError

from pipeline_defs.lineage.runs.retries import Retry
from pipeline_defs.lineage.runs.run_cursor import RunCursor
from pipeline_defs.notifications.notification import Level, Notification
from pipeline_defs.release.text_digest import digest

DAY = 86_400.0
"""Seconds after which a notice that a service has not taken is given up."""

SINGLE = 3
"""So many notices are messages of their own; more have piled up, and become one."""

_MOST_WAITING = 50
_MOST_LISTED = 20
_MOST_TOLD = 200


class Outbox(BaseModel):
    """What is to be sent to one place.

    Attributes:
        waiting: oldest first.
        dropped: how many notices there was no room for.
        later: when to try again; None where the last try went well.
        said: why the place did not take it, in a sentence.
    """

    waiting: list[Notification] = []
    dropped: int = 0
    later: Retry | None = None
    said: str = ""

    def put(self, notice: Notification) -> None:
        """Keep a notice until it is sent; of too many the oldest goes."""
        self.waiting.append(notice)
        self.dropped += max(0, len(self.waiting) - _MOST_WAITING)
        self.waiting = self.waiting[-_MOST_WAITING:]

    def rests(self, now: float) -> bool:
        """True while there is nothing to be sent, or it is too early to try again."""
        return not self.waiting or (self.later is not None and self.later.after > now)

    def next(self) -> tuple[int, Notification]:
        """The message that is due, and how many of those that wait it stands for."""
        if len(self.waiting) <= SINGLE:
            return 1, self.waiting[0]
        return len(self.waiting), _together(self.waiting, self.dropped)

    def sent(self, number: int) -> None:
        """The place has taken what stood for so many."""
        self.waiting, self.later, self.said = self.waiting[number:], None, ""
        self.dropped = self.dropped if number == 1 else 0

    def not_sent(self, why: str, now: float) -> None:
        """The place has not taken it."""
        self.later, self.said = Retry.following(self.later, now), why

    def give_up(self, now: float) -> list[Notification]:
        """The notices that are a day old; they wait no more."""
        old = [notice for notice in self.waiting if notice.at < now - DAY]
        self.waiting = [notice for notice in self.waiting if notice.at >= now - DAY]
        return old


class Memory(RunCursor, BaseModel):
    """What the sensor keeps between two looks.

    Attributes:
        begun: False before the first look, which tells nothing: it is a baseline.
        told: the runs that were told of, by a few digits, as one may change after its end; the newest come last.
        drift: what was said of each environment last, by a few digits.
        words: up to which event of each environment people's words were read, by its number in the storage.
        outboxes: by the name of the place.
    """

    begun: bool = False
    told: list[str] = []
    drift: dict[str, str] = {}
    words: dict[str, int] = {}
    outboxes: dict[str, Outbox] = {}

    @classmethod
    def read(cls, cursor: str | None, now: float) -> "Memory":
        """The memory in a cursor. Without one, or with one that cannot be read, it begins anew."""
        try:
            return cls.model_validate_json(cursor or "")
        except ValidationError:
            return cls(since=now)

    def is_told(self, run: str) -> bool:
        """True for a run that was told of."""
        return digest(run) in self.told

    def note_told(self, run: str) -> None:
        """Remember that there is nothing more to tell of a run."""
        self.told = [*self.told, digest(run)][-_MOST_TOLD:]


def _together(waiting: list[Notification], dropped: int) -> Notification:
    """Many notices as one message, so that nobody is flooded after an outage."""
    listed = waiting[-_MOST_LISTED:]
    more = len(waiting) - len(listed) + dropped
    rows = [*([("", f"{more} more before")] if more else []), *(("", _short(each)) for each in listed)]
    worst = max((each.level for each in waiting), key=list(Level).index)
    return Notification(
        happenings=(),
        environment="",
        level=worst,
        title=f"{len(waiting) + dropped} things happened at {waiting[0].title.partition(' ')[0]}",
        lines=tuple(rows),
        at=waiting[0].at,
    )


def _short(notice: Notification) -> str:
    run = dict(notice.lines).get("run", "")
    return f"{notice.title}{f' ({run})' if run else ''}"
