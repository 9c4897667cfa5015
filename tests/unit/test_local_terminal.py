"""The terminal of the person here: raw while a program elsewhere has it, and afterwards as it was, however that ended."""

import fcntl
import os
import pty
import signal
import struct
import termios
import time
from collections.abc import Iterator

import pytest

from pipeline_defs.resources.local_terminal import ended_in_order, raw, resized, terminal_size


@pytest.fixture
def terminal() -> Iterator[int]:
    """The program's side of a terminal."""
    master, slave = pty.openpty()
    yield slave
    os.close(slave)
    os.close(master)


def keys(terminal: int) -> bool:
    """Whether Ctrl-C is a signal, and lines are edited and echoed."""
    flags: int = termios.tcgetattr(terminal)[3]
    return bool(flags & termios.ISIG and flags & termios.ICANON and flags & termios.ECHO)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_terminal_is_restored_however_the_program_ends(terminal: int, error: type[BaseException]) -> None:
    before = termios.tcgetattr(terminal)
    with pytest.raises(error), raw(terminal):
        assert not keys(terminal)
        raise error
    assert termios.tcgetattr(terminal) == before and keys(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_program_leaves_the_terminal_restored(terminal: int, number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, ended_in_order(), raw(terminal):
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert ended.value.code == 128 + number
    assert keys(terminal) and signal.getsignal(number) == handler


def test_a_terminal_that_is_gone_hides_no_error() -> None:
    master, slave = pty.openpty()
    with pytest.raises(ValueError, match="why"), raw(slave):
        os.close(slave)
        os.close(master)
        raise ValueError("why")


def test_the_size_is_that_of_the_window(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "screen")
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    size = terminal_size(terminal)
    assert (size.kind, size.columns, size.rows) == ("screen", 101, 33)


def test_a_new_size_is_told_within_the_block_alone() -> None:
    told: list[int] = []
    handler = signal.getsignal(signal.SIGWINCH)
    with resized(lambda: told.append(1)):
        os.kill(os.getpid(), signal.SIGWINCH)
    assert told == [1] and signal.getsignal(signal.SIGWINCH) == handler
