"""Attached command: a command on a server whose standard input and output are those of this process."""

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import paramiko

from pipeline_defs.resources.local_terminal import raw, resized, terminal_size
from pipeline_defs.resources.ssh_connection import LOST, Connection, exit_status, portions
from pipeline_defs.server.core.command import Command

_PORTION = 32 * 2**10
_LONGEST = 365 * 86_400.0
_RESIZE = b"r"


@dataclass(frozen=True)
class Streams:
    """File descriptors: what the command reads, and where its output and its errors go. With a terminal the three are one."""

    input: int = 0
    output: int = 1
    errors: int = 2


class OutputClosed(Exception):
    """Nobody reads the command's output any more."""


def attach(server: Connection, command: Command, streams: Streams, *, terminal: bool) -> int:
    """Run a command on a server, and give its exit status.

    It reads what this process is given, as it comes, and what it says goes out as it is. With `terminal` it gets one of the same
    size, which follows this one's; this one is raw meanwhile and is restored however that ends. When whoever waits for it is
    interrupted, the command is stopped.

    Raises Unreachable when the connection is lost, and OutputClosed.
    """
    deadline = time.monotonic() + _LONGEST
    server.open()
    try:
        with server.channel(command, terminal_size(streams.output) if terminal else None) as channel:
            with _given(channel, streams, terminal=terminal):
                for is_error, data in portions(channel, deadline):
                    _write(streams.errors if is_error else streams.output, data)
            return exit_status(channel, deadline)
    except OutputClosed:
        raise
    except LOST:
        raise server.lost(command) from None


@contextmanager
def _given(channel: paramiko.Channel, streams: Streams, *, terminal: bool) -> Iterator[None]:
    """Within the block the command is given what this process is given, and the size of its window."""
    heard, told = os.pipe()
    os.set_blocking(told, False)  # a signal handler writes to it

    def tell(word: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(told, word)

    feeder = threading.Thread(target=_feed, args=(channel, streams, heard), daemon=True)
    try:
        if terminal:
            with raw(streams.input), resized(lambda: tell(_RESIZE)):
                feeder.start()
                yield
        else:
            feeder.start()
            yield
    finally:
        os.close(told)  # the feeder hears its end
        if feeder.ident is None:
            os.close(heard)


def _feed(channel: paramiko.Channel, streams: Streams, heard: int) -> None:
    """Pass on what comes, until the other end of `heard` is closed. Nothing is read that nobody gets."""
    sources = [heard, streams.input]
    try:
        with suppress(*LOST):  # the command has ended, or does not care for the rest
            while True:
                ready = select.select(sources, [], [])[0]
                if heard in ready:
                    if not os.read(heard, 1):
                        return
                    size = terminal_size(streams.output)
                    channel.resize_pty(size.columns, size.rows)
                elif data := _read(streams.input):
                    channel.sendall(data)
                else:
                    sources.remove(streams.input)
                    channel.shutdown_write()
    finally:
        os.close(heard)


def _read(descriptor: int) -> bytes:
    """The next bytes; none at the end, which a terminal that is gone has too."""
    try:
        return os.read(descriptor, _PORTION)
    except OSError:
        return b""


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise OutputClosed(f"its output could not be written ({error.strerror})") from None
