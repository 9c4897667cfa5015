"""Client: asks a URL so many times a second until its standard input ends: `python -m benchmarks.rehearsal.client URL RATE`.

Prints one JSON list of [when it was due, seconds until it was answered, status]; the status is 0 where no whole answer came.
Requests are sent when they are due, whether or not earlier ones were answered, and their time counts from when they were due: a
server that stands still for a second is seen by all who would have asked it in that second.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from urllib.parse import urlsplit

SECONDS = 10.0
"""An answer that takes longer counts as none."""

Answer = tuple[float, float, int]


async def ask(url: str, due: float) -> Answer:
    """One request on a connection of its own."""
    status = 0
    with contextlib.suppress(OSError, EOFError, ValueError, TimeoutError):
        async with asyncio.timeout(SECONDS):
            status = await _get(url)
    return due, time.monotonic() - due, status


async def _get(url: str) -> int:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in head if line.startswith("content-length:"))
        await reader.readexactly(length)
        return int(head[0].split()[1])
    finally:
        writer.close()


async def _ask_on(url: str, rate: float) -> list[Answer]:
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    began, number = time.monotonic(), 0
    asked: list[asyncio.Task[Answer]] = []
    while not over.done():
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        asked.append(asyncio.create_task(ask(url, due)))
        number += 1
    return list(await asyncio.gather(*asked))


def main(url: str, rate: str) -> None:
    """Ask, and print the answers."""
    # Real clients are other machines: this one must not wait for a processor that it shares with what it measures.
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    print(json.dumps(asyncio.run(_ask_on(url, float(rate)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
