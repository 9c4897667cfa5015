"""Delivery worker: looks at what deliveries are about, as the sensor does at all, and claims what is new."""

import logging
import threading
import time
from collections.abc import Callable

from dagster import DagsterInstance

from pipeline_defs.github.api import GitHubUnavailable, open_repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import exclusive, poll_part
from pipeline_defs.github.webhooks.inbox import Delivery, Inbox
from pipeline_defs.github.webhooks.webhook_apps import Apps
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.runtime.automation.app_pauses import read_pauses
from pipeline_defs.runtime.automation.entries import GITHUB, read_entry
from pipeline_defs.runtime.code_server import FollowedCodeServer
from pipeline_defs.runtime.run_submission import Launcher

ACTOR = "webhook"

_LONGEST_PAUSE = 60.0
_GIVE_UP_SECONDS = 24 * 3600.0  # by then the sensor has seen it, or somebody has seen that it does not
_PURGE_SECONDS = 3600.0
_log = logging.getLogger(__name__)


class Worker(threading.Thread):
    """One thread, which takes deliveries up in the order in which they came, those of an earlier process first."""

    def __init__(
        self, apps: Apps, inbox: Inbox, code_address: Callable[[], str | None], look_seconds: float = 1.0
    ) -> None:
        """`code_address` says where the code server is now (`unix:/path` or `host:port`), None while Shipline does not run.

        Unless it is woken it looks for deliveries every `look_seconds`.
        """
        super().__init__(name="webhooks", daemon=True)
        self._apps, self._inbox = apps, inbox
        self._wake, self._ended = threading.Event(), threading.Event()
        self._code_address, self._look_seconds = code_address, look_seconds
        self._opened: tuple[DagsterInstance, FollowedCodeServer] | None = None

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def end(self) -> None:
        """Begin nothing new. What is not done is taken up at the next start."""
        self._ended.set()
        self._wake.set()

    def run(self) -> None:
        """Until it is told to end."""
        purge_at = 0.0
        while not self._ended.is_set():
            self._wake.clear()
            delivery = self._inbox.next()
            if delivery is not None:
                self._take(delivery)
                continue
            if time.monotonic() >= purge_at:
                self._warm_up()
                self._inbox.purge()
                purge_at = time.monotonic() + _PURGE_SECONDS
            self._wake.wait(self._look_seconds)

    def _take(self, delivery: Delivery) -> None:
        try:
            said = [self._look(name, delivery) for name in delivery.apps]
        except Exception as error:  # whatever it was: the delivery is kept, and the thread lives
            if time.time() - delivery.received > _GIVE_UP_SECONDS:
                self._inbox.done(delivery, f"given up: {error}")
                return
            pause = min(2.0**delivery.tries, _LONGEST_PAUSE)
            if isinstance(error, GitHubUnavailable) and error.retry_after:
                pause = max(pause, error.retry_after)
            _log.warning("%s; tried again in %.0f s", error, pause)
            self._inbox.postpone(delivery, pause, str(error))
        else:
            self._inbox.done(delivery, "; ".join(filter(None, said)))

    def _look(self, name: str, delivery: Delivery) -> str:
        """Look for one app; gives why nothing was done, where there is a reason."""
        app = self._apps.all().get(name)
        if app is None:
            return f"there is no app {name} any more"
        instance, code_server = self._open()
        with exclusive(instance, app):
            if paused := read_pauses(instance, [name]).get(name):
                return f"{name} is {paused}"
            handled = handled_by_sensor(instance, name)
            if handled is None:
                return f"the sensor {GITHUB} is switched off, or has not looked at {name} yet"
            claims = Claims(app, Launcher(instance, code_server.get()), ACTOR, GITHUB)
            poll_part(app, open_repository(app), handled, claims, branch=delivery.branch, pull=delivery.pull)
        for sentence in claims.said:
            _log.info("%s", sentence)
        return ""

    def _open(self) -> tuple[DagsterInstance, FollowedCodeServer]:
        """Dagster's storage, opened once, and its code server, wherever that is."""
        if self._opened is None:
            instance = DagsterInstance.get()
            self._opened = instance, FollowedCodeServer(instance, self._code_address)
        return self._opened

    def _warm_up(self) -> None:
        """Connect before the first delivery waits for it."""
        try:
            self._open()[1].get()
        except Exception as error:  # the delivery that needs it will say so, and wait
            _log.warning("%s", error)


def handled_by_sensor(instance: DagsterInstance, app: str) -> GitHubCursor | None:
    """What the sensor has handled of an app; None while it is switched off, or has not had its first look: then nothing is started."""
    states = instance.all_instigator_state()
    if any(state.instigator_name == GITHUB and not state.is_running for state in states):
        return None
    entry = read_entry(instance, app, GITHUB)
    return GitHubCursor.model_validate_json(entry) if entry else None
