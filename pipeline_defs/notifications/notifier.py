"""Notifier: one look. What happened since the last one goes into the outboxes, and from there to the services."""

import logging
from collections.abc import Callable, Iterator

from pipeline_defs.config import App, Secret, SecretSource, SecretUnavailable
from pipeline_defs.lineage.runs.run_reader import RunReader
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.notifications.apprise_sender import NotDelivered
from pipeline_defs.notifications.environment_notifications import drift_notification, quarantine_notification
from pipeline_defs.notifications.notification import Notification
from pipeline_defs.notifications.outbox import Memory, Outbox
from pipeline_defs.notifications.run_notifications import notification_of
from pipeline_defs.release.quarantine import QuarantineEntry
from pipeline_defs.release.text_digest import digest

MOST_TAKEN_UP = 20
"""Runs that one look takes up."""

SECONDS_OF_A_LOOK = 15.0
"""After which no other message is begun; the next look goes on. Dagster gives a sensor 60 s."""

_log = logging.getLogger(__name__)

Send = Callable[[Secret, Notification], None]
"""Sends a message to an address; raises NotDelivered."""

WordsAfter = Callable[[str, int | None], tuple[list[QuarantineEntry], int]]
"""People's words on the releases of an environment since an event, and the newest event."""


class Notifier:
    """Tells the places of one app's file what happened.

    Args:
        page: the address of the web page, empty where nobody knows it.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        app: App,
        reader: RunReader,
        lineage: Lineage,
        words: WordsAfter,
        page: str,
        send: Send,
        clock: Callable[[], float],
    ) -> None:
        self._app, self._reader, self._lineage, self._words, self._page = app, reader, lineage, words, page
        self._send, self._clock = send, clock

    def notify(self, memory: Memory) -> str:
        """Notice what is new, and send what is due, all of which the memory keeps. Gives a sentence about it."""
        until = self._clock() + SECONDS_OF_A_LOOK
        found = [*self._of_runs(memory), *self._of_drift(memory), *self._of_words(memory)]
        if memory.begun:
            for notice in found:
                self._put(memory, notice.model_copy(update={"at": self._clock()}))
        memory.begun = True
        return "; ".join(self._deliver(memory, until)) or "nothing new"

    def _of_runs(self, memory: Memory) -> Iterator[Notification]:
        for run, at in memory.news(self._reader.changed, MOST_TAKEN_UP).items():
            memory.move_on(run, at)
            facts = None if memory.is_told(run) else self._reader.run(run)
            if facts is not None and facts.phase.over:
                memory.note_told(run)
                notice = notification_of(self._app, facts, f"{self._page}/runs/{run}" if self._page else "")
                yield from [notice] if notice else []

    def _of_drift(self, memory: Memory) -> Iterator[Notification]:
        for environment in self._asked("drift"):
            found = self._lineage.drift(self._app, environment)
            now = digest("; ".join(found.said)) if found and found.said else ""
            before = memory.drift.get(environment)
            memory.drift[environment] = now
            if found and now and before is not None and now != before:
                yield drift_notification(self._app, environment, found)

    def _of_words(self, memory: Memory) -> Iterator[Notification]:
        for environment in self._asked("quarantined"):
            before = memory.words.get(environment)
            words, memory.words[environment] = self._words(environment, before)
            yield from (quarantine_notification(self._app, word) for word in words)

    def _asked(self, happening: str) -> list[str]:
        """The environments of which somebody wants to be told this: nobody is asked about the others."""
        wanted = [each for each in self._app.notify if not each.on or happening in each.on]
        return [
            name
            for name in self._app.deployed
            if any(not each.environments or name in each.environments for each in wanted)
        ]

    def _put(self, memory: Memory, notice: Notification) -> None:
        for place in dict.fromkeys(each.place for each in self._app.notify if notice.is_for(each)):
            memory.outboxes.setdefault(place, Outbox()).put(notice)

    def _deliver(self, memory: Memory, until: float) -> Iterator[str]:
        """Send what is due; gives a sentence for each place where something is to be said."""
        places = {each.place: each.to for each in self._app.notify}
        memory.outboxes = {place: box for place, box in memory.outboxes.items() if place in places and box.waiting}
        for place, box in memory.outboxes.items():
            old = box.give_up(self._clock())
            if old:
                yield f"{place}: {len(old)} given up after a day: {box.said}"
                _log.warning("%s: %s was not told of %s: %s", self._app.name, place, old[0].title, box.said)
            sent = 0
            while not box.rests(self._clock()) and self._clock() < until:
                number, notice = box.next()
                why = self._why_not(places[place], notice)
                if why:
                    box.not_sent(why, self._clock())
                    break
                box.sent(number)
                sent += number
            yield from [f"{place}: {sent} told"] if sent else []
            if box.waiting:
                wait = max(0.0, box.later.after - self._clock()) if box.later else 0.0
                yield f"{place} {box.said}; {len(box.waiting)} wait, tried again in {wait:.0f} s"

    def _why_not(self, to: SecretSource, notice: Notification) -> str:
        """Send a message; gives why it was not taken, empty where it was."""
        try:
            self._send(to.read(), notice)
        except (NotDelivered, SecretUnavailable) as error:
            return str(error)
        return ""
