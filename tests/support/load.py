"""Load: requests one after the other from several connections, each of them accounted for."""

import http.client
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from urllib.parse import urlsplit


@dataclass
class Load:
    """Asks an address from several connections until it is ended; `failed` says what went wrong, with the seconds since the start.

    A connection that was kept alive and is closed instead of an answer is opened anew and asked again, as every browser does
    (RFC 9112, 9.3.1): `reopened` counts that. A request that fails on a new connection has failed.

    With a `rate`, that many requests a second are due in all, one after the other, each connection its share of them; else each
    pauses between two of its own.
    """

    url: str
    connections: int = 4
    pause: float = 0.02
    rate: float = 0.0
    good: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    reopened: int = 0
    bodies: set[bytes] = field(default_factory=set)

    def __enter__(self) -> "Load":
        self._end = threading.Event()
        self._start = time.monotonic()
        firsts = [number / self.rate if self.rate else 0.0 for number in range(self.connections)]
        self._threads = [threading.Thread(target=self._ask, args=(first,), daemon=True) for first in firsts]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def longest_gap(self) -> float:
        """The longest time between two good answers, in seconds."""
        times = sorted(self.good)
        return max((after - before for before, after in pairwise(times)), default=0.0)

    def _ask(self, first: float) -> None:
        """Ask when it is due, the first time after so many seconds, until the end."""
        connection = None
        due = self._start + first
        while not self._end.wait(max(due - time.monotonic(), 0.0) if self.rate else self.pause):
            due = max(due + self.connections / self.rate, time.monotonic()) if self.rate else due
            connection = self._answered(connection, anew=connection is None)

    def _answered(self, kept: http.client.HTTPConnection | None, *, anew: bool) -> http.client.HTTPConnection | None:
        """One request, and the connection that is kept alive after it."""
        parts = urlsplit(self.url)
        connection = kept or http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            self._request(connection, parts.path or "/")
            return connection
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            if not anew:
                self.reopened += 1
                return self._answered(None, anew=True)
            self._fail(f"{type(error).__name__}: {error}")
        except (OSError, http.client.HTTPException) as error:
            self._fail(f"{type(error).__name__}: {error}")
        return None

    def _request(self, connection: http.client.HTTPConnection, path: str) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        self.bodies.add(answer.read())
        if answer.status == 200:
            self.good.append(time.monotonic() - self._start)
        else:
            self._fail(f"status {answer.status}")

    def _fail(self, why: str) -> None:
        self.failed.append(f"{time.monotonic() - self._start:.2f} s: {why}")
