"""URL probe: an environment's `url`, asked from the machine that runs Shipline, as people ask for it."""

import ssl
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

_SECONDS = 5.0
_TRIES = 5
_GATEWAY = (502, 503, 504)
"""What a proxy answers that does not reach what is behind it."""


class Reach:
    """One address, asked now, and again once a release serves. What did not answer before says nothing of the release."""

    def __init__(self, url: str, *, first: bool, say: Callable[[str], None]) -> None:
        """`first`: nothing runs there yet. Nothing is sent but a request for the address itself; redirects are not followed."""
        self._url, self._first, self._say = url, first, say
        self._before = probe(url)

    def __call__(self) -> str | None:
        """Why people do not reach the release, in a sentence; None where they do, or nobody can tell from here."""
        answered = isinstance(self._before, int) and self._before not in _GATEWAY
        tries = _TRIES if answered else 1
        for number in range(tries):
            now = probe(self._url)
            if isinstance(now, int) and now not in _GATEWAY:
                return None
            if number + 1 < tries:
                time.sleep(1.0)
        if answered:
            return f"{self._url} answered {self._before} before, and now: {now}; see whether the new release listens on 0.0.0.0"
        if self._first and now in (502, 504):
            return f"{self._url} answers {now}: what stands before the app does not reach it; see whether it listens on 0.0.0.0"
        self._say(f"whether people reach {self._url} is not known from here: {now}, before: {self._before}")
        return None


def probe(url: str) -> int | str:
    """The HTTP status that an address answers with, or why there is none. A certificate that is not trusted is an answer, too."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it is no address of a web page"
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path or "/", headers={"User-Agent": "shipline"})
        return connection.getresponse().status
    except ssl.SSLError:
        return 200
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
