"""HTTP server: what serves the receiver. Who sends nothing, or never ends, is not waited for, and there are at most so many at once."""

import asyncio

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256
"""At once; a request that comes by one more is answered with 503. Each holds at most some tens of kB that nobody has asked for yet."""

IDLE_SECONDS = 15.0
"""A connection without a request in progress is closed at this age."""


class Impatient(H11Protocol):
    """HTTP as uvicorn speaks it, by connections that do not last: uvicorn itself waits for a request for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(transport)
        self._closing = self.loop.call_later(IDLE_SECONDS, self._close_when_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._closing.cancel()
        super().connection_lost(exc)

    def _close_when_idle(self) -> None:
        """Close it, unless a request is in progress: that one has limits of its own, and is looked at again."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._closing = self.loop.call_later(1.0, self._close_when_idle)


def serve(application: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    uvicorn.run(
        application, host=host, port=port, log_config=None, access_log=False, server_header=False, ws="none", http=Impatient,
        limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=5, timeout_graceful_shutdown=5,
    )  # fmt: skip
