"""Host keys: which of them a server shows, which are trusted, and how one comes to be trusted."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, HostKeys

from pipeline_defs.config.machine import Machine
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.resources.known_hosts import KnownHosts, read_known_hosts
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.ssh_config import route_to
from pipeline_defs.resources.ssh_login import CONNECT_SECONDS, reach
from pipeline_defs.server.core.command import Command, ServerError, Unreachable
from pipeline_defs.server.core.failure_reason import why

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512")
"""The kinds of key that a server is asked for, best first. Those of DSA and SHA-1 are not trusted anew."""

_HASHED = "|1|"


class HostKeyDiffers(ServerError):
    """Another key is trusted for the host than the one it shows, or this one is never to be trusted."""


def name_of(host: Machine) -> str:
    """The host as known_hosts names it: by the address that is used, with its port unless that is the usual one. Raises Unreachable."""
    return route_to(host).name


def offered_keys(host: Machine, fingerprint: str = "") -> list[paramiko.PKey]:
    """The best key that the server shows; with a fingerprint, kind after kind until one has it. Nobody logs in. Raises Unreachable.

    Takes a connection for each kind that is asked for. OpenSSH 9.8 and newer shut an address out for a while after some connections
    without a log-in (`PerSourcePenalties` in sshd_config).
    """
    found: list[paramiko.PKey] = []
    for key in _shown(host, KINDS):
        found.append(key)
        if fingerprint in ("", key.fingerprint):
            break
    if not found:
        raise Unreachable(
            f"{host} shows no host key of a kind that is trusted ({', '.join(KINDS)}); give it one of them"
        )
    return found


def trusted(host: Machine) -> list[paramiko.PKey]:
    """The keys that the host's known_hosts file has for it. Raises ServerError where it cannot be read."""
    return _known(host).trusted(name_of(host))


def _known(host: Machine) -> KnownHosts:
    file = host.known_hosts.expanduser()
    try:
        return read_known_hosts(file)
    except OSError as error:
        raise ServerError(f"{file} cannot be read ({error.strerror}); check the host's known_hosts setting") from None


def agree(known: Sequence[paramiko.PKey], server: Sequence[paramiko.PKey]) -> bool:
    """True when a trusted key is among those that the server shows."""
    return bool({key.fingerprint for key in known} & {key.fingerprint for key in server})


def shows(host: Machine, known: Sequence[paramiko.PKey]) -> bool:
    """True when the server shows one of the keys that are known. One connection, where a known kind is asked for and agrees.

    Raises Unreachable.
    """
    kinds = dict.fromkeys("rsa-sha2-512" if key.get_name() == "ssh-rsa" else key.get_name() for key in known)
    return any(agree(known, [key]) for key in _shown(host, tuple(kind for kind in KINDS if kind in kinds)))


def trust(host: Machine, keys: Sequence[paramiko.PKey], *, replace: bool = False) -> None:
    """Write keys to the host's known_hosts file: hashed where that has hashed names, else plain. The file is made where there is none.

    Args:
        replace: take out what the file has for the host first; ssh-keygen leaves the old file beside it, with `.old` at its end.

    Raises:
        HostKeyDiffers: another key is trusted, and is not to be replaced; or this one is marked as revoked.
        ServerError: the file cannot be written.
    """
    file = host.known_hosts.expanduser()
    known = trusted(host)
    if revoked := [key for key in keys if key.fingerprint in _known(host).revoked]:
        raise HostKeyDiffers(f"{file} has the key {described(revoked[0])} as @revoked; give {host} a new key")
    if known and not replace:
        raise HostKeyDiffers(f"{file} has another key for {name_of(host)}: {', '.join(map(described, known))}")
    try:
        if known:
            _take_out(host, file)
        _append(file, [_line(host, key, file) for key in keys])
    except OSError as error:
        raise ServerError(f"{file} cannot be written ({error.strerror}); check its folder and who owns it") from None


def described(key: paramiko.PKey) -> str:
    """A key as people compare it: kind and fingerprint, as `ssh-keygen -lf` shows them."""
    return f"{key.get_name()} {key.fingerprint}"


def _shown(host: Machine, kinds: Sequence[str]) -> Iterator[paramiko.PKey]:
    route = route_to(host)
    for kind in kinds:
        way = reach(route)
        transport = paramiko.Transport(way.sock)
        try:
            transport.get_security_options().key_types = (kind,)
            transport.start_client(timeout=CONNECT_SECONDS)
            yield transport.get_remote_server_key()
        except paramiko.ssh_exception.IncompatiblePeer:
            continue  # it has no key of this kind
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Unreachable(
                f"{host} does not answer as an SSH server does ({error or 'it hung up'}); check address and port"
            ) from None
        finally:
            transport.close()
            way.close()


def _take_out(host: Machine, file: Path) -> None:
    removed = LocalRunner(environment=plain_environment()).run(
        Command(("ssh-keygen", "-q", "-R", name_of(host), "-f", str(file))), timeout=30
    )
    if not removed.ok:
        raise ServerError(f"ssh-keygen could not take the old key out of {file}: {why(removed)}")


def _line(host: Machine, key: paramiko.PKey, file: Path) -> str:
    hashed = file.exists() and any(line.startswith(_HASHED) for line in file.read_text(errors="replace").splitlines())
    name = HostKeys.hash_host(name_of(host)) if hashed else name_of(host)
    line = HostKeyEntry([name], key).to_line()
    assert line is not None
    return line


def _append(file: Path, lines: list[str]) -> None:
    """Add lines in one write, after a line break where the last line has none."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "".join(lines)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
        begun = size > 0 and stream.read(1) != b"\n"
        stream.write(f"{chr(10) if begun else ''}{text}".encode())
