"""Inbox: deliveries that were accepted, on disk before GitHub is told so. GitHub does not send them again by itself."""

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_TABLE = """
create table if not exists deliveries (
    guid text primary key,        -- GitHub's own; a redelivery has the same
    apps text not null,           -- names, with blanks between them
    branch text not null,
    pull integer not null,
    received real not null,       -- seconds since 1970, as all times here
    due real not null,            -- not to be looked at before
    tries integer not null default 0,
    done real,                    -- null until it was looked at
    error text not null default '' -- why the last try failed
)"""
_KEEP_SECONDS = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Delivery:
    """What one or several deliveries ask to look at. Those about the same are one."""

    guids: tuple[str, ...]
    apps: tuple[str, ...]
    branch: str
    pull: int
    received: float
    tries: int


class Inbox:
    """The deliveries of one home. May be used by several threads."""

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it. Raises sqlite3.Error when it cannot be used."""
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=5)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")  # what was accepted survives a power cut
        self._database.execute(_TABLE)

    def put(self, guid: str, apps: tuple[str, ...], branch: str, pull: int) -> None:
        """Keep a delivery, once. On the disk when this returns; raises sqlite3.Error when it is not."""
        now = time.time()
        with self._lock:
            self._database.execute(
                "insert or ignore into deliveries (guid, apps, branch, pull, received, due) values (?, ?, ?, ?, ?, ?)",
                (guid, " ".join(apps), branch, pull, now, now),
            )

    def next(self) -> Delivery | None:
        """What waits longest, with all that asks for the same; None while nothing is due."""
        with self._lock:
            first = self._database.execute(
                "select apps, branch, pull, received, tries from deliveries where done is null and due <= ? "
                "order by received limit 1",
                (time.time(),),
            ).fetchone()
            if first is None:
                return None
            apps, branch, pull, received, tries = first
            same = self._database.execute(
                "select guid from deliveries where done is null and apps = ? and branch = ? and pull = ?",
                (apps, branch, pull),
            ).fetchall()
        return Delivery(tuple(row[0] for row in same), tuple(apps.split()), branch, pull, received, tries)

    def done(self, delivery: Delivery, why_not: str = "") -> None:
        """It was looked at, or will not be, and why."""
        self._update("done = ?, error = ?", (time.time(), why_not), delivery)

    def postpone(self, delivery: Delivery, seconds: float, error: str) -> None:
        """It could not be looked at now."""
        self._update("due = ?, tries = tries + 1, error = ?", (time.time() + seconds, error), delivery)

    def waiting(self) -> int:
        """How many are not done."""
        with self._lock:
            return int(self._database.execute("select count(*) from deliveries where done is null").fetchone()[0])

    def oldest(self) -> float | None:
        """When the delivery that waits longest was received, None while none waits."""
        with self._lock:
            found = self._database.execute("select min(received) from deliveries where done is null").fetchone()[0]
        return None if found is None else float(found)

    def done_between(self, after: float, until: float) -> list[tuple[float, float, str]]:
        """What was done after a time and up to another one, the first first: received, done, and why nothing was done."""
        asked = "select received, done, error from deliveries where done > ? and done <= ? order by done"
        with self._lock:
            return self._database.execute(asked, (after, until)).fetchall()

    def purge(self) -> None:
        """Forget those that were done some days ago. GitHub redelivers for a few days only."""
        with self._lock:
            self._database.execute("delete from deliveries where done < ?", (time.time() - _KEEP_SECONDS,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _update(self, what: str, values: tuple[float, str], delivery: Delivery) -> None:
        with self._lock:
            self._database.executemany(
                f"update deliveries set {what} where guid = ?", [(*values, guid) for guid in delivery.guids]
            )
