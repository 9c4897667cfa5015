"""Local terminal: the terminal of the person at this machine, handed to a program elsewhere and given back as it was."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from pipeline_defs.resources.ssh_connection import TerminalSize

_KIND = "xterm"
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def has_terminal() -> bool:
    """Whether a person sits at both standard input and standard output."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def terminal_size(output: int) -> TerminalSize:
    """The kind of the terminal and its size as it is now."""
    try:
        size = os.get_terminal_size(output)
    except OSError:
        size = os.terminal_size((80, 24))
    return TerminalSize(os.environ.get("TERM") or _KIND, size.columns or 80, size.lines or 24)


@contextmanager
def raw(input: int) -> Iterator[None]:
    """Keys go to whoever reads them as they are, Ctrl-C too. However the block ends, the terminal is as before."""
    before = termios.tcgetattr(input)
    try:
        tty.setraw(input)
        yield
    finally:
        with suppress(termios.error):  # the terminal itself is gone
            termios.tcsetattr(input, termios.TCSADRAIN, before)


@contextmanager
def resized(tell: Callable[[], None]) -> Iterator[None]:
    """Within the block `tell` is called when the window's size changes: from a signal handler, so it must be short."""
    before = signal.signal(signal.SIGWINCH, lambda number, frame: tell())
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Within the block a signal that would end this process, as when its window is closed, raises SystemExit instead."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
