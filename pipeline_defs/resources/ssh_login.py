"""SSH login: how a connection to a server comes to stand, and why it does not, in words that say what to do."""

import logging
import shlex
import socket
import time
from pathlib import Path

import paramiko

from pipeline_defs.config.machine import Machine
from pipeline_defs.server.command import ServerError, Unreachable

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 20.0
PATIENCE = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between two tries to log in at a server that hangs up at once."""
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


def _connect(host: Machine) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    known_hosts = host.known_hosts.expanduser()
    client.set_missing_host_key_policy(_RefuseUnknown(host, known_hosts))
    try:
        if known_hosts.exists():
            client.load_host_keys(str(known_hosts))
        client.connect(
            host.address,
            port=host.port,
            username=host.user,
            pkey=_key(host.key) if host.key else None,
            allow_agent=host.key is None,
            look_for_keys=host.key is None,
            sock=reach(host),
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=LOGIN_SECONDS,
            channel_timeout=CONNECT_SECONDS,
        )
    except BaseException as error:
        client.close()
        if isinstance(error, (ServerError, KeyboardInterrupt)) or not isinstance(error, Exception):
            raise
        raise _explained(error, host, known_hosts) from None
    transport = client.get_transport()
    assert transport is not None
    transport.set_keepalive(KEEPALIVE_SECONDS)
    return client


def reach(host: Machine) -> socket.socket:
    """A connection to the host's SSH port, on which nothing was said yet. Raises Unreachable."""
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
    def __init__(self, host: Machine, known_hosts: Path) -> None:
        self._host = host
        self._known_hosts = known_hosts

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise Unreachable(
            f"the host key of {self._host} is not in {self._known_hosts}: the server shows {key.get_name()} "
            f"{key.fingerprint}; if that is its own, trust it with: {_trust(self._host, self._known_hosts)}"
        )


def _trust(host: Machine, known_hosts: Path) -> str:
    """The command that trusts the host's key once a person has compared it."""
    return shlex.join(("shipline", "trust-host", str(host), "--known-hosts", str(known_hosts)))


class _HungUp(Unreachable):
    """The server closed the connection before it said who it is."""


def _explained(error: Exception, host: Machine, known_hosts: Path) -> Unreachable:
    if isinstance(error, paramiko.SSHException) and "protocol banner" in str(error):
        return _HungUp(
            f"the server {host} closes each connection before the SSH login; check that an SSH server listens there, and "
            "whether it shuts this machine out (PerSourcePenalties and MaxStartups in its sshd_config)"
        )
    if isinstance(error, paramiko.BadHostKeyException):
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
