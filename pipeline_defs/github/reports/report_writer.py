"""Report writer: items to GitHub. What was written is remembered; what was not taken is tried again, later and not for ever."""

import logging
from collections.abc import Callable, Iterable

from pipeline_defs.github.api import GitHubError, GitHubRefused, GitHubUnavailable, Repository
from pipeline_defs.github.reports.report_items import Item
from pipeline_defs.github.reports.report_memory import Memory, RunReport

PAUSE = 15.0
"""Seconds that GitHub is left alone where it is away and does not say for how long."""

_LONGEST_PAUSE = 3600.0

SECONDS_OF_A_LOOK = 15.0
"""After which no other item is begun; the next look goes on. Dagster gives a sensor 60 s, and an item may take some."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes the items of one look.

    Args:
        app: the app's name, for the log.
        open_repository: asked only when there is something to be written, so that an idle look costs no call.
        clock: seconds since 1970.

    `written` counts what was; `complaints` are sentences about what was not; `until` is when the look has to end.
    """

    def __init__(
        self, app: str, memory: Memory, open_repository: Callable[[], Repository], clock: Callable[[], float]
    ) -> None:
        self.written = 0
        self.complaints: list[str] = []
        self.until = clock() + SECONDS_OF_A_LOOK
        self._app = app
        self._memory = memory
        self._open = open_repository
        self._clock = clock
        self._opened: Repository | None = None
        self._refused: set[str] = set()
        self._answers: bool | None = None  # whether GitHub answers anything in this look; asked when it matters

    def write(self, attended: RunReport, items: Iterable[Item]) -> bool:
        """Write what differs from what was written last. False while something is still to be written.

        Raises GitHubUnavailable: then nothing more can be written in this look.
        """
        complete = True
        for item in items:
            if not (attended.is_written(item) or attended.is_given_up(item)):
                complete &= self._write(attended, item)
        return complete

    @property
    def is_late(self) -> bool:
        """True when this look has to end."""
        return self._clock() > self.until

    def rest(self, away: GitHubUnavailable) -> None:
        """Leave GitHub alone for as long as it asks."""
        pause = PAUSE if away.retry_after is None else min(away.retry_after, _LONGEST_PAUSE)
        self._memory.quiet_until = self._clock() + pause
        self._complain("away", str(away))

    def _write(self, attended: RunReport, item: Item) -> bool:
        if self.is_late or item.kind in self._refused or not attended.may_try(item, self._clock()):
            return False
        try:
            item.write(self._repository())
        except GitHubUnavailable as error:
            if not self._is_about_the_item(error):
                raise
            self._set_aside(attended, item, error)
        except (
            GitHubRefused
        ) as error:  # a permission that is missing, most likely: then it is missing for all of its kind
            self._refused.add(item.kind)
            attended.note_not_taken(item, self._clock())
            self._complain(item.kind, f"{item.kind}: {error}")
        except GitHubError as error:
            self._set_aside(attended, item, error)
        else:
            attended.note_written(item)
            self._memory.said.pop(item.kind, None)
            self._memory.said.pop("away", None)
            self.written += 1
        return attended.is_written(item) or attended.is_given_up(item)

    def _is_about_the_item(self, error: GitHubUnavailable) -> bool:
        """True where GitHub answers other questions: then it is not away, but fails at this one, perhaps for ever."""
        if error.retry_after is not None or not error.unsure:
            return False
        if self._answers is None:
            try:
                self._repository().ask_whether_there()
            except GitHubError:
                self._answers = False
            else:
                self._answers = True
        return self._answers

    def _set_aside(self, attended: RunReport, item: Item, error: GitHubError) -> None:
        """Leave the item alone for a while, and say so; in the log when it begins and when it is over."""
        later = attended.note_not_taken(item, self._clock())
        pause = "given up" if later.given_up else f"tried again in {(later.after - self._clock()) / 60:.0f} min"
        self.complaints.append(f"{item.key}: {error}; {pause}")
        if later.tries == 1 or later.given_up:
            _log.warning("%s: %s was not taken: %s", self._app, item.key, error)

    def _complain(self, kind: str, sentence: str) -> None:
        """Say it in the tick each time, and in the log once."""
        self.complaints.append(sentence)
        if self._memory.said.get(kind) != sentence:
            self._memory.said[kind] = sentence
            _log.warning("%s: GitHub is not told: %s", self._app, sentence)

    def _repository(self) -> Repository:
        if self._opened is None:
            try:
                self._opened = self._open()
            except GitHubError as error:
                raise GitHubUnavailable(str(error)) from error
        return self._opened
