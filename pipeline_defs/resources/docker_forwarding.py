"""Docker forwarding: a Unix socket of this machine behind which another one's Docker Engine answers, by way of an SSH connection of ours.

The docker client does the same for an address that begins with `ssh://`, but by the program `ssh`, with that one's settings and keys.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import paramiko

from pipeline_defs.config.machine import Machine
from pipeline_defs.config.socket_parent import socket_parent
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.scratch import scratch
from pipeline_defs.resources.ssh_login import CONNECT_SECONDS, connect

_DIAL = "docker system dial-stdio"  # joins its standard streams with the Engine's socket; in every client since 18.09
_PORTION = 64 * 2**10
_LOST = (paramiko.SSHException, OSError, EOFError)


class Forwarding:
    """An Engine behind a socket. `host` is its address for docker clients, `said` what the other machine said when it did not answer."""

    def __init__(self, client: paramiko.SSHClient, path: Path) -> None:
        """`path` is where the socket is to be."""
        self.host = f"unix://{path}"
        self.said = ""
        self._client = client
        self._ended = Event()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._socket.settimeout(0.5)  # after which it is looked whether there is anybody to serve still
        Thread(target=self._serve, daemon=True).start()

    @property
    def lost(self) -> bool:
        """Whether the SSH connection is no more."""
        transport = self._client.get_transport()
        return transport is None or not transport.is_active()

    def close(self) -> None:
        """Take no more calls; those that are under way end with the SSH connection."""
        self._ended.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                local, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:  # it is closed
                return
            Thread(target=self._carry, args=(local,), daemon=True).start()

    def _carry(self, local: socket.socket) -> None:
        """One call: what either side says goes to the other one, and so does that it has no more to say."""
        local.settimeout(None)
        with local, suppress(*_LOST):
            transport = self._client.get_transport()
            if transport is None:
                return
            with transport.open_session(timeout=CONNECT_SECONDS) as channel:
                channel.exec_command(_DIAL)
                Thread(target=_up, args=(local, channel), daemon=True).start()
                while data := channel.recv(_PORTION):
                    local.sendall(data)
                if channel.recv_stderr_ready():
                    self.said = channel.recv_stderr(_PORTION).decode(errors="replace").strip().rpartition("\n")[2]
                local.shutdown(socket.SHUT_RDWR)


def _up(local: socket.socket, channel: paramiko.Channel) -> None:
    with suppress(*_LOST):
        while data := local.recv(_PORTION):
            channel.sendall(data)
        channel.shutdown_write()


@contextmanager
def forwarded(machine: Machine) -> Iterator[Forwarding]:
    """The Engine of a machine, for the length of the block. Raises Unreachable, and EngineError where a socket cannot be had."""
    client = connect(machine)
    try:
        with scratch(_folder()) as folder:
            forwarding = Forwarding(client, folder / "docker.sock")
            try:
                yield forwarding
            finally:
                forwarding.close()
    finally:
        client.close()


def _folder() -> Path:
    """Where sockets are: not in the home, which may be deep."""
    folder = socket_parent() / f"shipline-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise EngineError(
            f"{folder} is not a folder of this user's own, and whoever has it could speak with the builders; remove it"
        )
    return folder
