"""SSH connection: one to one server, over SSH, on which commands run as they do on this machine."""

import selectors
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import paramiko

from pipeline_defs.config.machine import Machine
from pipeline_defs.config.masking import mask
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process import DRAIN_SECONDS
from pipeline_defs.resources.process_output import Output
from pipeline_defs.resources.ssh_login import CONNECT_SECONDS, connect
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result, Unreachable, script

_PORTION = 64 * 2**10
LOST = (paramiko.SSHException, OSError, EOFError)
_KILLED = 255  # the status of a command that a signal ended; SSH tells the signal, paramiko does not

# A server does not stop a command whose channel is closed, and sshd takes no signals for root. So each call has a mark in its
# environment, which all that it starts inherits, and is stopped by its mark.
CALL = "SHIPLINE_CALL"
_STOP_SECONDS = 5.0
_STOP = """
for signal in TERM KILL; do
  marked=$(grep -lszFx -e "$1" /proc/[0-9]*/environ || :)
  [ -n "$marked" ] || exit 0
  for file in $marked; do
    pid=${file#/proc/}
    kill -s "$signal" "${pid%/environ}" 2>/dev/null || :
  done
  sleep 0.5
done
"""


@dataclass(frozen=True)
class TerminalSize:
    """A terminal that a command gets: its kind, as TERM names it, columns and rows."""

    kind: str
    columns: int
    rows: int


class Connection:
    """A server over SSH: the Runner of `server.command`.

    One connection is opened at the first command and kept. When it was lost, the next command opens it again, and what the
    lost one left running is stopped first. What commands say has `secrets` masked before anybody sees it.
    """

    def __init__(self, host: Machine, secrets: Collection[Secret] = ()) -> None:
        self.host = host
        self._secrets = secrets
        self._client: paramiko.SSHClient | None = None
        self._left_running: list[str] = []
        self._running: set[str] = set()

    def open(self) -> None:
        """Connect and log in, if that is not done. Raises Unreachable with what to do."""
        if self._client is not None and (transport := self._client.get_transport()) and transport.is_active():
            return
        self.close()
        self._client = connect(self.host)
        left_running, self._left_running = self._left_running, []
        for call in left_running:
            self._stop(call)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """Execute on the server and wait.

        When the time is over or whoever waits for it is interrupted, the command is stopped on the server with everything
        it started there. Raises CommandTimeout, Unreachable.
        """
        self.open()
        began = time.monotonic()
        stdout, stderr = (Output(listen, self._secrets, command.divider) for _ in range(2))
        try:
            with self.channel(command) as channel:
                writer = threading.Thread(target=_write, args=(channel, command.input_bytes()), daemon=True)
                writer.start()  # a server that does not read must not keep us from reading
                for is_error, data in portions(channel, began + timeout):
                    (stderr if is_error else stdout).feed(data)
                status = exit_status(channel, began + timeout)
        except TimeOver:
            raise CommandTimeout(
                f"`{self._shown(command)}` on {self.host} did not end within {timeout:g} s and was stopped"
            ) from None
        except LOST:
            stdout.close()
            stderr.close()
            raise self.lost(command) from None
        return Result(status, stdout.close(), stderr.close(), time.monotonic() - began)

    def lost(self, command: Command) -> Unreachable:
        """The error that says that the connection was lost while a command ran."""
        return Unreachable(f"the connection to {self.host} was lost while `{self._shown(command)}` ran there")

    @contextmanager
    def channel(self, command: Command, terminal: TerminalSize | None = None) -> Iterator[paramiko.Channel]:
        """The channel on which a command runs, with a terminal of this size where one is given.

        The command is stopped, with all that it started, if the block raises. The connection has to be open.
        """
        call = uuid.uuid4().hex
        channel = self._session(replace(command, environment={**command.environment, CALL: call}), terminal)
        self._running.add(call)
        try:
            yield channel
        except BaseException:
            self._stop(call)
            raise
        finally:
            self._running.discard(call)
            channel.close()

    def interrupt(self) -> None:
        """Stop what runs there now; from another thread than the one that waits for it, whose `run` then comes to its end."""
        for call in list(self._running):
            self._stop(call)

    def _stop(self, call: str) -> None:
        """Stop a call on the server and all that it started; without a connection when there is one again."""
        try:
            self._session(script(_STOP, f"{CALL}={call}")).status_event.wait(_STOP_SECONDS)
        except LOST:
            self._left_running.append(call)

    def _session(self, command: Command, terminal: TerminalSize | None = None) -> paramiko.Channel:
        transport = self._client.get_transport() if self._client else None
        if transport is None:
            raise EOFError
        channel = transport.open_session(timeout=CONNECT_SECONDS)
        if terminal is not None:
            channel.get_pty(terminal.kind, terminal.columns, terminal.rows)
        # A person's words may hold bytes that are no UTF-8, as names of files do.
        channel.exec_command(command.rendered().encode(errors="surrogateescape"))
        return channel

    def _shown(self, command: Command) -> str:
        return mask(command.shown(), self._secrets)


class TimeOver(Exception):
    """A command took longer than it may."""


def exit_status(channel: paramiko.Channel, deadline: float) -> int:
    """The exit status; it comes after the last output. Raises TimeOver, or EOFError where the connection was lost."""
    if not channel.status_event.wait(max(deadline - time.monotonic(), 0.1)):
        raise TimeOver
    if channel.exit_status >= 0:
        return channel.exit_status
    # Without a status either the command was killed or the connection died; the latter shows within a moment.
    transport = channel.get_transport()
    transport.join(0.5)
    if not transport.is_active():
        raise EOFError
    return _KILLED


def portions(channel: paramiko.Channel, deadline: float) -> Iterator[tuple[bool, bytes]]:
    """What comes, (is of the error stream, bytes), until both streams end. Raises TimeOver."""
    ended = None
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)  # it tells of both streams, and of their end
        while not (channel.eof_received or channel.closed) or _ready(channel):
            if time.monotonic() > deadline:
                raise TimeOver
            heard = _ready(channel)
            while channel.recv_ready():
                yield False, channel.recv(_PORTION)
            while channel.recv_stderr_ready():
                yield True, channel.recv_stderr(_PORTION)
            if not heard:
                if channel.exit_status_ready() and channel.exit_status >= 0:
                    ended = ended or time.monotonic()
                    if time.monotonic() - ended > DRAIN_SECONDS:
                        return
                selector.select(min(0.5, max(deadline - time.monotonic(), 0)))


def _ready(channel: paramiko.Channel) -> bool:
    return channel.recv_ready() or channel.recv_stderr_ready()


def _write(channel: paramiko.Channel, given: bytes) -> None:
    with suppress(*LOST):  # the command ended, or does not care for the rest
        rest = memoryview(given)
        while rest:
            rest = rest[channel.send(bytes(rest[:_PORTION])) :]
        channel.shutdown_write()
