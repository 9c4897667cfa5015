"""App threads: every app is looked at in a thread of its own, so that one that is slow, hangs or is broken delays no other."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline_defs.release.backoff import Backoff

AT_ONCE = 8
"""Looks that go on at the same time, apart from those that are late."""

PATIENCE = 5.0
"""Seconds that a round waits for one app before it goes on without it; the next round takes what came of it."""

ALONE = 20.0
"""The same where there is no other app that would have to wait."""

LONGEST = 25.0
"""Seconds of a whole round. Dagster gives a tick 60 s."""

_HANGS = 60.0
"""Seconds after which it is said that a look does not end."""

_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")


@dataclass
class _Look(Generic[_Found]):
    app: str
    began: float
    late: bool = False
    said: bool = False
    ended: float = 0.0
    found: _Found | None = None
    error: BaseException | None = None


@dataclass
class Round(Generic[_Found]):
    """What one round brought: what the looks found that have ended, and a sentence for each app that could not be looked at."""

    found: dict[str, _Found] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)


class Rounds(Generic[_Found]):
    """The rounds of one sensor. An app has one look at a time; after one that failed it rests, longer each time in a row."""

    def __init__(self, kind: str, usual: float, longest: float, *, patience: float | None = None) -> None:
        """`kind` is the sensor's name, for the log; `usual` and `longest` are the seconds that an app rests after failures."""
        self._kind, self._patience = kind, PATIENCE if patience is None else patience
        self._pauses = Backoff(usual, longest, time.monotonic)
        self._why: dict[str, str] = {}
        self._under_way: dict[str, _Look[_Found]] = {}
        self._slow: set[str] = set()
        self._ended: queue.SimpleQueue[_Look[_Found]] = queue.SimpleQueue()
        self._one = threading.Lock()

    def go(
        self,
        looks: Mapping[str, Callable[[], _Found]],
        wanted: Collection[str],
        expected: tuple[type[Exception], ...] = (),
    ) -> Round[_Found]:
        """Let each app have its look, {app: look}. Errors of the classes `expected` are told as the sentences that they are.

        A look that began in an earlier round and has ended since counts now; one that has not ended is not begun again. What is found of
        an app that is not `wanted`, because it was paused meanwhile, is dropped.
        """
        with self._one:
            done: Round[_Found] = Round()
            patience = self._patience if len(looks) > 1 else max(ALONE, self._patience)
            until = time.monotonic() + LONGEST
            self._collect(0.0, wanted, done, expected)
            taken = {*self._under_way, *done.found, *done.said}
            waiting = [app for app in looks if app not in taken and not self._rests(app, done)]
            while time.monotonic() < until and (waiting or self._awaited()):
                while waiting and len(self._awaited()) < AT_ONCE:
                    self._begin(waiting.pop(0), looks)
                if awaited := self._awaited():
                    oldest = min(look.began for look in awaited)
                    self._collect(oldest + patience - time.monotonic(), wanted, done, expected)
                    self._mark_late(patience)
            for app, look in self._under_way.items():
                self._tell_of_late(app, look, done)
            return done

    def _rests(self, app: str, done: Round[_Found]) -> bool:
        rest = self._pauses.rests(app)
        if rest:
            done.said[app] = f"{self._why.get(app, 'it failed')}; tried again in {rest:.0f} s"
        return bool(rest)

    def _awaited(self) -> list[_Look[_Found]]:
        return [look for look in self._under_way.values() if not look.late]

    def _begin(self, app: str, looks: Mapping[str, Callable[[], _Found]]) -> None:
        # One that was slow last time is not waited for: its result counts in the next round.
        look: _Look[_Found] = _Look(app, time.monotonic(), late=app in self._slow and len(looks) > 1)
        self._under_way[app] = look
        threading.Thread(target=self._do, args=(look, looks[app]), name=f"{self._kind} {app}", daemon=True).start()

    def _do(self, look: _Look[_Found], do: Callable[[], _Found]) -> None:
        try:
            look.found = do()
        except BaseException as error:
            look.error = error
        look.ended = time.monotonic()
        self._ended.put(look)

    def _collect(
        self,
        seconds: float,
        wanted: Collection[str],
        done: Round[_Found],
        expected: tuple[type[Exception], ...],
    ) -> None:
        """Take what has ended, and wait so long for the first of it."""
        wait = max(0.0, seconds)
        while True:
            try:
                look = self._ended.get(timeout=wait) if wait else self._ended.get_nowait()
            except queue.Empty:
                return
            wait = 0.0
            self._take(look, wanted, done, expected)

    def _take(
        self,
        look: _Look[_Found],
        wanted: Collection[str],
        done: Round[_Found],
        expected: tuple[type[Exception], ...],
    ) -> None:
        self._under_way.pop(look.app, None)
        slow = look.ended - look.began > self._patience
        (self._slow.add if slow else self._slow.discard)(look.app)
        if look.app not in wanted:
            return
        if look.error is None:
            self._pauses.worked(look.app)
            self._why.pop(look.app, None)
            done.found[look.app] = look.found  # type: ignore[assignment]
            return
        known = isinstance(look.error, expected)
        self._why[look.app] = str(look.error) if known else f"{type(look.error).__name__}: {look.error}"
        done.said[look.app] = self._why[look.app]
        if self._pauses.failed(look.app):
            _log.warning(
                "%s: %s: %s; tried again, less and less often",
                self._kind, look.app, self._why[look.app], exc_info=None if known else look.error,
            )  # fmt: skip

    def _mark_late(self, patience: float) -> None:
        now = time.monotonic()
        for look in self._under_way.values():
            look.late = look.late or now - look.began >= patience

    def _tell_of_late(self, app: str, look: _Look[_Found], done: Round[_Found]) -> None:
        seconds = time.monotonic() - look.began
        done.said[app] = f"it has been looked at for {seconds:.0f} s"
        if seconds > _HANGS and not look.said:
            look.said = True
            _log.warning(
                "%s: the look at %s has not ended after %.0f s; no other app waits for it", self._kind, app, seconds
            )
