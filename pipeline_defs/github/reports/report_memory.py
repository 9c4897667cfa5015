"""Report memory: how far GitHub was told, as the sensor's cursor. Only what is not finished has a place in it, so it stays small."""

from collections.abc import Collection

from pydantic import BaseModel, ValidationError

from pipeline_defs.github.reports.report_items import Item
from pipeline_defs.lineage.runs.retries import Retry
from pipeline_defs.lineage.runs.run_cursor import RunCursor
from pipeline_defs.release.text_digest import digest

MOST_ATTENDED = 50
"""Runs that are attended to at a time; beyond them no new ones are taken up."""

MOST_SET_ASIDE = 40
"""Runs that wait only for items that GitHub did not take; the oldest is given up for a newer one."""


class RunReport(BaseModel):
    """A run about which GitHub does not know everything yet.

    Attributes:
        changed: when it changed last, seconds since 1970.
        written: what each item said when it was written last, {digest of its key: digest of the whole}.
        later: items that were not taken, by the digest of their key.
        asleep: it is looked at again only when it has changed: it waits in the queue.
        aside: nothing is missing but items that were not taken.
    """

    changed: float = 0.0
    written: dict[str, str] = {}
    later: dict[str, Retry] = {}
    asleep: bool = False
    aside: bool = False

    def rests(self, now: float) -> bool:
        """True while there is nothing to be done about it."""
        return self.asleep or (self.aside and all(later.after > now for later in self.later.values()))

    def is_written(self, item: Item) -> bool:
        """True where GitHub knows this very item."""
        return self.written.get(digest(item.key)) == digest(repr(item))

    def knows(self, item: Item) -> bool:
        """True where GitHub was told something about what this item is about."""
        return digest(item.key) in self.written

    def note_written(self, item: Item) -> None:
        """Remember that GitHub knows it."""
        self.written[digest(item.key)] = digest(repr(item))
        self.later.pop(digest(item.key), None)

    def forget(self, item: Item) -> None:
        """Write it again, although it was written: its answer is lost."""
        self.written.pop(digest(item.key), None)

    def may_try(self, item: Item, now: float) -> bool:
        """False while an item that was not taken rests, and for one that is given up."""
        later = self.later.get(digest(item.key))
        return later is None or (not later.given_up and later.after <= now)

    def is_given_up(self, item: Item) -> bool:
        """True for an item that GitHub never took."""
        later = self.later.get(digest(item.key))
        return later is not None and later.given_up

    def note_not_taken(self, item: Item, now: float) -> Retry:
        """Remember that GitHub did not take it, and when to try again."""
        key = digest(item.key)
        self.later[key] = Retry.following(self.later.get(key), now)
        return self.later[key]


class Memory(RunCursor, BaseModel):
    """What is kept between two looks.

    Attributes:
        runs: the runs attended to; the one that was looked at longest ago comes first.
        waiting: the same for heads of pull requests that are not checked yet, by commit.
        quiet_until: GitHub asked, or is given, time until then.
        said: what was last complained about, by kind, so that the log says it once.
    """

    runs: dict[str, RunReport] = {}
    waiting: dict[str, RunReport] = {}
    quiet_until: float = 0.0
    said: dict[str, str] = {}

    @classmethod
    def read(cls, cursor: str | None, now: float) -> "Memory":
        """The memory in a cursor. Without one, or with one that cannot be read, it begins with what changes from now on."""
        try:
            return cls.model_validate_json(cursor or "")
        except ValidationError:
            return cls(since=now)

    @property
    def room(self) -> int:
        """How many more runs may be taken up."""
        return MOST_ATTENDED - sum(not (each.asleep or each.aside) for each in self.runs.values())

    def take_up(self, run: str, changed: float) -> None:
        """Attend to a run that changed."""
        attended = self.runs.setdefault(run, RunReport())
        attended.asleep, attended.changed = False, changed
        self.move_on(run, changed)

    def finish(self, run: str) -> None:
        """GitHub knows everything about a run."""
        self.runs.pop(run, None)

    def put_last(self, run: str) -> RunReport:
        """The run, which is looked at again after all others, so that each gets its turn."""
        self.runs[run] = self.runs.pop(run)
        return self.runs[run]

    def keep_waiting(self, commits: Collection[str]) -> None:
        """Those that wait now; the others are forgotten."""
        self.waiting = {commit: self.waiting.get(commit, RunReport()) for commit in commits}

    def give_up_the_oldest(self) -> list[str]:
        """The runs set aside that there is no room for; they are forgotten."""
        aside = sorted((each.changed, run) for run, each in self.runs.items() if each.aside)
        dropped = [run for _, run in aside[: max(0, len(aside) - MOST_SET_ASIDE)]]
        for run in dropped:
            self.finish(run)
        return dropped
