"""Process: programs on this machine, heard live, stopped in time, never left behind."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Thread

from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process_output import Output
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result

DRAIN_SECONDS = 2.0
"""How long streams may stay silent that a grandchild holds open after the program itself has ended."""

_PORTION = 64 * 2**10
_TERM_SECONDS = 3.0  # between SIGTERM and SIGKILL

given_up: ContextVar[Event | None] = ContextVar("given_up", default=None)
"""In a thread that nobody can interrupt: once the event is set, the program that it waits for is stopped, and GivenUp raised."""


class GivenUp(Exception):
    """Nobody waits any more for what a program was to do."""


def stop_if_given_up() -> None:
    """Raise GivenUp where nobody waits any more for what this thread does."""
    event = given_up.get()
    if event is not None and event.is_set():
        raise GivenUp


class LocalRunner:
    """Executes commands on this machine: the Runner of `server.command` with a child process.

    Each program gets a session and process group of its own: it cannot ask questions on a terminal, and it is stopped as a
    whole when its time is over or whoever waits for it is interrupted. A program that is not there is a result with
    status 127, one that was killed by signal N has status 128+N, as in a shell.
    """

    def __init__(
        self,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Collection[Secret] = (),
    ) -> None:
        """`environment` takes the place of this process's own; `secrets` are masked in all that the programs say."""
        self._directory = directory
        self._environment = environment
        self._secrets = secrets

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """Execute and wait. Raises CommandTimeout after `timeout` seconds."""
        began = time.monotonic()
        stdout, stderr = (Output(listen, self._secrets, command.divider) for _ in range(2))
        try:
            with self._child(command) as child:
                for stream, data in _portions(child, command.input_bytes(), began + timeout):
                    (stdout if stream is child.stdout else stderr).feed(data)
                status = child.wait(max(began + timeout - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            raise CommandTimeout(f"`{command.shown()}` did not end within {timeout:g} s and was stopped") from None
        except _NotStarted as error:
            stderr.feed(f"{error}\n".encode())
            status = error.status
        return Result(status if status >= 0 else 128 - status, stdout.close(), stderr.close(), time.monotonic() - began)

    @contextmanager
    def _child(self, command: Command) -> "Iterator[subprocess.Popen[bytes]]":
        # Born in a thread: an interrupt is raised in the main one, where it could fall between a program's start and the
        # moment we know of it, and leave the program behind. A future is either cancelled before, or has the program.
        birth: Future[subprocess.Popen[bytes]] = Future()
        try:
            Thread(target=self._start, args=(command, birth), daemon=True).start()
            child = birth.result()
            try:
                yield child
            finally:
                for stream in (child.stdin, child.stdout, child.stderr):
                    with suppress(OSError):
                        stream and stream.close()
        except BaseException:  # an interrupted run must not leave a build or a test behind
            if not birth.cancel() and birth.exception() is None:
                _kill(birth.result())
            raise

    def _start(self, command: Command, birth: "Future[subprocess.Popen[bytes]]") -> None:
        if not birth.set_running_or_notify_cancel():
            return
        inherited = os.environ if self._environment is None else self._environment
        try:
            child = subprocess.Popen(
                command.argv,
                stdin=subprocess.PIPE if command.input_bytes() else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._directory,
                env={**inherited, **command.environment},
                start_new_session=True,
            )
        except OSError as error:
            birth.set_exception(_NotStarted(error))
        except BaseException as error:  # whoever waits must hear of it
            birth.set_exception(error)
        else:
            birth.set_result(child)


class _NotStarted(Exception):
    """The program is not there or may not be executed."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"{error.filename}: {error.strerror}")
        self.status = 127 if isinstance(error, FileNotFoundError) else 126


def _portions(child: "subprocess.Popen[bytes]", given: bytes, deadline: float) -> Iterator[tuple[object, bytes]]:
    """Feed standard input and yield what comes, (stream, bytes), until both streams end.

    Raises subprocess.TimeoutExpired at the deadline.
    """
    rest = memoryview(given)
    ended = None
    with selectors.DefaultSelector() as selector:
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_WRITE if stream is child.stdin else selectors.EVENT_READ)
        while selector.get_map():
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(child.args, 0)
            stop_if_given_up()
            ready = selector.select(min(0.5, max(deadline - time.monotonic(), 0)))
            for key, _ in ready:
                if key.fileobj is child.stdin:
                    rest = _write(selector, child, rest)
                elif data := os.read(key.fd, _PORTION):
                    yield key.fileobj, data
                else:
                    selector.unregister(key.fileobj)
            if child.poll() is not None and not ready:
                ended = ended or time.monotonic()
                if time.monotonic() - ended > DRAIN_SECONDS:
                    return


def _write(selector: selectors.BaseSelector, child: "subprocess.Popen[bytes]", rest: memoryview) -> memoryview:
    assert child.stdin is not None
    try:
        rest = rest[os.write(child.stdin.fileno(), rest[:_PORTION]) :]
    except BrokenPipeError:  # it ended, or does not care for the rest
        rest = rest[:0]
    if not rest:
        selector.unregister(child.stdin)
        child.stdin.close()
    return rest


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """Stop the whole process group, first kindly."""
    try:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_TERM_SECONDS)
    finally:  # also when a second interrupt cuts the waiting short
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
