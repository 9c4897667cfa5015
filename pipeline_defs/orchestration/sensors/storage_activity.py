"""Storage activity: whether anything has happened in Dagster's storage, and in which apps' runs, by questions that cost next to nothing."""

import time
from datetime import UTC, datetime

import dagster as dg

_SURE = 60.0
"""Seconds after which it counts as moved in any case: a run's tags may change without an event."""

_LINGERS = 30.0
"""Seconds for which it counts as moved after an event: what belongs to the event may be written a little later."""

_MOST = 500


class Probe:
    """Tells whether an event was stored since the last question."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._first = True
        self._moved = self._asked = 0.0

    def moved(self, instance: dg.DagsterInstance) -> bool:
        """True at first, whenever something was stored, for some seconds after it, and now and then to be sure."""
        newest, now = instance.event_log_storage.get_maximum_record_id(), time.monotonic()
        if self._first or newest != self._newest:
            self._first, self._newest, self._moved = False, newest, now
        if now - self._moved < _LINGERS or now - self._asked >= _SURE:
            self._asked = now
            return True
        return False


class Activity:
    """Tells which apps have runs that changed since the last question."""

    def __init__(self) -> None:
        self._probe = Probe()
        self._since = self._all = 0.0

    def apps(self, instance: dg.DagsterInstance) -> set[str] | None:
        """The names of these apps; None at first, now and then, and where there are too many changes to name them: it may be any.

        Where something happened an empty name is among them: it may be about an app without any run of it.
        """
        now = time.monotonic()
        if not self._since or now - self._all >= _SURE:
            self._since, self._all = time.time(), now
            return None
        if not self._probe.moved(instance):
            return set()
        since, self._since = self._since, time.time()
        found = instance.get_run_records(
            dg.RunsFilter(updated_after=datetime.fromtimestamp(since - _LINGERS, UTC)), limit=_MOST
        )
        return None if len(found) == _MOST else {"", *(record.dagster_run.tags.get("app", "") for record in found)}
