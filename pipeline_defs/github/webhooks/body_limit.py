"""Body limit: how much of the bodies of deliveries is held at once, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

LARGEST = 25 * 1024 * 1024
"""Bytes of a body; GitHub sends nothing larger."""

TOTAL = 64 * 1024 * 1024
"""Bytes of all bodies together. GitHub's are some kB, and seldom a few MB."""

BODY_SECONDS = 10.0
"""For the whole of a body. GitHub gives up a delivery that is not answered within ten seconds."""


class BodyRefused(Exception):
    """A body that is not held; `status` is the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BodyLimit:
    """The memory for bodies. Used by one event loop."""

    def __init__(self, total: int = TOTAL, seconds: float = BODY_SECONDS) -> None:
        """`total` in bytes, `seconds` for each body."""
        self._free, self._seconds = total, seconds

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[bytearray]:
        """The body as it was sent, held until the block ends. Raises BodyRefused; nothing is read of one that says it is too large."""
        _expect_length(request)
        held = bytearray()
        try:
            await self._read(request, held)
            yield held
        finally:
            self._free += len(held)

    async def _read(self, request: Request, held: bytearray) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in request.stream():
                    self._take(held, chunk)
        except TimeoutError:
            raise BodyRefused(408) from None
        except ClientDisconnect:
            raise BodyRefused(400) from None

    def _take(self, held: bytearray, chunk: bytes) -> None:
        if len(held) + len(chunk) > LARGEST:
            raise BodyRefused(413)
        if len(chunk) > self._free:
            raise BodyRefused(503)
        self._free -= len(chunk)
        held += chunk


def _expect_length(request: Request) -> None:
    lengths = request.headers.getlist("Content-Length")
    if not lengths:
        raise BodyRefused(411)
    if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise BodyRefused(400)
    if len(lengths[0]) > len(str(LARGEST)) or int(lengths[0]) > LARGEST:
        raise BodyRefused(413)
