"""SSH login: how a connection to a server comes to stand, and why it does not, in words that say what to do."""

import logging
import shlex
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import paramiko

from pipeline_defs.config.machine import Machine
from pipeline_defs.resources.known_hosts import KnownHosts, read_known_hosts
from pipeline_defs.resources.ssh_config import Route, route_to
from pipeline_defs.server.core.command import ServerError, Unreachable

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 20.0
PATIENCE = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between two tries to log in at a server that hangs up at once."""
MOST_JUMPS = 8
"""Jump hosts between this machine and a server."""
KEEPALIVE_SECONDS = 15
LOST_SECONDS = 45
"""A server that acknowledges nothing for so long is lost; TCP's own patience is a quarter of an hour."""

if logging.getLogger("paramiko").level == logging.NOTSET:
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # its errors reach people as ours, without stack traces


def connect(host: Machine) -> paramiko.SSHClient:
    """Connect and log in; the server's host key must be known. Raises Unreachable with what to do.

    A server that hangs up before it says anything is asked again for half a minute: OpenSSH does so under `PerSourcePenalties` (since
    9.8) and `MaxStartups`.
    """
    for seconds in PATIENCE:
        began = time.monotonic()
        try:
            return _connect(host)
        except _HungUp:
            if time.monotonic() - began > CONNECT_SECONDS / 2:
                raise  # it did not hang up, it said nothing
        time.sleep(seconds)
    return _connect(host)


class _Client(paramiko.SSHClient):
    """A client that may stand on connections to jump hosts, which end with it."""

    way: "Way | None" = None

    def close(self) -> None:
        """Hang up, here and at the jump hosts."""
        super().close()
        if self.way is not None:
            self.way.close()


def _connect(host: Machine, through: int = 0, below: paramiko.SSHClient | None = None) -> paramiko.SSHClient:
    client = _Client()
    route = route_to(host)
    machine, known_hosts = route.machine, host.known_hosts.expanduser()
    known = _known(known_hosts)
    client.set_missing_host_key_policy(_RefuseUnknown(machine, known_hosts, known))
    client.get_host_keys().update(known.keys)
    try:
        client.way = reach(route, through, below)
        client.connect(
            _hostname(route),
            port=machine.port,
            username=machine.user,
            pkey=_key(machine.key) if machine.key else None,
            key_filename=list(route.keys) or None,  # type: ignore[arg-type]  # a list is documented, the stubs know a str alone
            allow_agent=machine.key is None,
            look_for_keys=machine.key is None and not route.keys,
            sock=client.way.sock,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=LOGIN_SECONDS,
            channel_timeout=CONNECT_SECONDS,
        )
    except BaseException as error:
        client.close()
        if isinstance(error, (ServerError, KeyboardInterrupt)) or not isinstance(error, Exception):
            raise
        raise _explained(error, machine, known_hosts, known) from None
    transport = client.get_transport()
    assert transport is not None
    transport.set_keepalive(KEEPALIVE_SECONDS)
    return client


def _hostname(route: Route) -> str:
    """The name under which known_hosts is asked, without the port, which paramiko adds by itself."""
    return route.name.removeprefix("[").removesuffix(f"]:{route.machine.port}")


@dataclass
class Way:
    """A connection to a machine's SSH port, on which nothing was said yet, and the jump host's connection below it."""

    sock: "socket.socket | paramiko.Channel | paramiko.ProxyCommand"
    below: paramiko.SSHClient | None = None

    def close(self) -> None:
        """Hang up."""
        self.sock.close()
        if self.below is not None:
            self.below.close()


def reach(route: Route, through: int = 0, below: paramiko.SSHClient | None = None) -> Way:
    """The way to a machine's SSH port, through the jump host `below` where one is given. Raises Unreachable.

    `through` counts the jump hosts that were passed.
    """
    machine = route.machine
    if through > MOST_JUMPS:
        raise Unreachable(
            f"the jump hosts in ~/.ssh/config lead to each other on the way to {machine}; mend them there"
        )
    for jump in () if below else route.jumps:
        below = _connect(jump, through + 1, below)
    if below is not None:
        return _through(below, machine)
    if route.command:
        try:
            return Way(paramiko.ProxyCommand(route.command))
        except (paramiko.SSHException, OSError, ValueError) as error:
            raise Unreachable(
                f"the ProxyCommand in ~/.ssh/config for {machine} does not start ({error}); mend it there"
            ) from None
    return Way(_dial(machine))


def _through(below: paramiko.SSHClient, machine: Machine) -> Way:
    transport = below.get_transport()
    assert transport is not None
    try:
        there = (machine.address, machine.port)
        channel = transport.open_channel("direct-tcpip", there, ("127.0.0.1", 0), timeout=CONNECT_SECONDS)
    except (paramiko.SSHException, OSError) as error:
        below.close()
        raise Unreachable(
            f"the server {machine} cannot be reached through its jump host ({error}); check its address and port there"
        ) from None
    return Way(channel, below)


def _dial(host: Machine) -> socket.socket:
    try:
        connected = socket.create_connection((host.address, host.port), timeout=CONNECT_SECONDS)
    except OSError as error:
        reason = f"no answer within {CONNECT_SECONDS:.0f} s" if isinstance(error, TimeoutError) else error.strerror
        raise Unreachable(
            f"the server {host} cannot be reached ({reason}); check its address and port, and that it runs"
        ) from None
    # Else a command that follows another waits for the acknowledgement of the first, which takes the other side 40 ms.
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_SECONDS * 1000)
    return connected


def _key(file: Path) -> paramiko.PKey:
    file = file.expanduser()
    try:
        return paramiko.PKey.from_path(file)
    except OSError as error:
        raise Unreachable(
            f"the SSH key {file} cannot be read ({error.strerror}); check the host's key setting"
        ) from None
    except (TypeError, paramiko.PasswordRequiredException):
        raise Unreachable(
            f"the SSH key {file} has a passphrase, which nobody can be asked for; add it to the SSH agent and leave "
            "out the host's key setting, or use a key without one"
        ) from None
    except Exception as error:
        raise Unreachable(
            f"the SSH key {file} cannot be used ({error}); it must be an OpenSSH or PEM private key"
        ) from None


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    def __init__(self, host: Machine, known_hosts: Path, known: KnownHosts) -> None:
        self._host, self._known_hosts, self._known = host, known_hosts, known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if key.fingerprint in self._known.revoked:
            raise _revoked(key, self._host, self._known_hosts)
        also = " (its lines @cert-authority are not used)" if self._known.by_authority else ""
        raise Unreachable(
            f"the host key of {self._host} is not in {self._known_hosts}{also}: the server shows {key.get_name()} "
            f"{key.fingerprint}; if that is its own, trust it with: {_trust(self._host, self._known_hosts)}"
        )


def _trust(host: Machine, known_hosts: Path) -> str:
    """The command that trusts the host's key once a person has compared it."""
    return shlex.join(("shipline", "trust-host", str(host), "--known-hosts", str(known_hosts)))


class _HungUp(Unreachable):
    """The server closed the connection before it said who it is."""


def _known(file: Path) -> KnownHosts:
    try:
        return read_known_hosts(file)
    except OSError as error:
        raise Unreachable(f"{file} cannot be read ({error.strerror}); check the host's known_hosts setting") from None


def _revoked(key: paramiko.PKey, host: Machine, known_hosts: Path) -> Unreachable:
    return Unreachable(
        f"{host} shows the key {key.fingerprint}, which {known_hosts} has as @revoked; somebody may stand in between. Give the "
        "server a new key"
    )


def _explained(error: Exception, host: Machine, known_hosts: Path, known: KnownHosts) -> Unreachable:
    if isinstance(error, paramiko.SSHException) and "protocol banner" in str(error):
        return _HungUp(
            f"the server {host} closes each connection before the SSH login; is an SSH server listening there? If so, look "
            "whether it shuts this machine out (PerSourcePenalties and MaxStartups in its sshd_config)"
        )
    if isinstance(error, paramiko.BadHostKeyException):
        if error.key.fingerprint in known.revoked:
            return _revoked(error.key, host, known_hosts)
        return Unreachable(
            f"the host key of {host} has CHANGED: {known_hosts} has {error.expected_key.fingerprint}, the server shows "
            f"{error.key.get_name()} {error.key.fingerprint}; somebody may stand in between. If the server was made anew: "
            f"{_trust(host, known_hosts)} --replace"
        )
    if isinstance(error, paramiko.AuthenticationException):
        how = f"the key {host.key}" if host.key else "the SSH agent's keys and ~/.ssh"
        return Unreachable(
            f"the server {host} refuses the user {host.user} with {how}; add the public key to its ~/.ssh/authorized_keys"
        )
    return Unreachable(f"the SSH login on {host} failed: {error}; is an SSH server listening there?")
