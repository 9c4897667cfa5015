"""Servers that show one host key, and files known_hosts that trust it, do not, or must not."""

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeys

from pipeline_defs.config import Host
from pipeline_defs.resources.ssh_login import connect
from pipeline_defs.server.core.command import Unreachable

KEYS = {
    "ecdsa-256": paramiko.ECDSAKey.generate(bits=256),
    "ecdsa-384": paramiko.ECDSAKey.generate(bits=384),
    "rsa": paramiko.RSAKey.generate(2048),
}
OTHERS = {
    "ecdsa-256": paramiko.ECDSAKey.generate(bits=256),
    "ecdsa-384": paramiko.ECDSAKey.generate(bits=384),
    "rsa": paramiko.RSAKey.generate(2048),
}
"""Of the same kinds, and nobody's."""

Lines = Callable[[str, str], list[str]]
"""The lines of a file, for a host's name there and the kind of the key that its server shows."""


def _line(name: str, key: paramiko.PKey, before: str = "", gap: str = " ") -> str:
    return gap.join([*([before] if before else []), name, key.get_name(), key.get_base64()])


def _another(kind: str) -> str:
    return next(other for other in KEYS if other.split("-")[0] != kind.split("-")[0])


RIGHT: dict[str, Lines] = {
    "plain": lambda name, kind: [_line(name, KEYS[kind])],
    "hashed": lambda name, kind: [_line(HostKeys.hash_host(name), KEYS[kind])],
    "among others": lambda name, kind: [
        "# a comment", "", "nonsense", f"{name} ssh-ed25519 AAAA", f"{name} ssh-unknown AAAAC3Nz", _line("other.example", OTHERS[kind]),
        _line(f"other.example,{name}", KEYS[kind], gap="\t"), _line("*", OTHERS[kind], "@revoked"),
    ],
}  # fmt: skip
WRONG: dict[str, Lines] = {
    "unknown": lambda name, kind: [_line("other.example", KEYS[kind])],
    "no file": lambda name, kind: [],
    "changed": lambda name, kind: [_line(name, OTHERS[kind])],
    "changed, hashed": lambda name, kind: [_line(HostKeys.hash_host(name), OTHERS[kind])],
    "downgraded": lambda name, kind: [_line(name, OTHERS[_another(kind)])],
    "authority": lambda name, kind: [_line("*", KEYS[kind], "@cert-authority")],
    "authority by name": lambda name, kind: [_line(name, KEYS[kind], "@cert-authority", "\t")],
    "revoked": lambda name, kind: [_line(name, KEYS[kind]), _line("*", KEYS[kind], "@revoked")],
    "revoked before": lambda name, kind: [_line(name, KEYS[kind], "@revoked"), _line(HostKeys.hash_host(name), KEYS[kind])],
    "revoked, indented": lambda name, kind: [_line(name, KEYS[kind]), f"  {_line('*', KEYS[kind], '@revoked', chr(9))}"],
    "revoked, and another is known": lambda name, kind: [
        _line(name, OTHERS[_another(kind)]), _line(name, KEYS[kind]), _line(f"a,{name}", KEYS[kind], "@revoked"),
    ],
    "damaged": lambda name, kind: [_line(name, KEYS[kind])[:-30]],
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What came of one connection: whether the key was taken, and the sentence."""

    accepted: bool
    said: str


class _Nobody(paramiko.ServerInterface):
    """Lets nobody in: that somebody asks says that the host's key was taken."""

    asked = False

    def check_auth_publickey(self, _username: str, _key: paramiko.PKey) -> int:
        """Note it, and refuse."""
        self.asked = True
        return paramiko.AUTH_FAILED

    def get_allowed_auths(self, _username: str) -> str:
        """Keys alone."""
        return "publickey"


@contextlib.contextmanager
def _server(key: paramiko.PKey) -> Iterator[tuple[int, _Nobody]]:
    nobody = _Nobody()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                taken, _ = listening.accept()
                with contextlib.closing(paramiko.Transport(taken)) as transport:
                    transport.add_server_key(key)
                    transport.start_server(server=nobody)
                    transport.join(20)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], nobody
    thread.join(20)


def tried(lines: Lines, kind: str, folder: Path) -> Seen:
    """Log in at a server that shows the key of this kind, with these lines in known_hosts."""
    login, file = folder / "login", folder / "known_hosts"
    if not login.exists():
        paramiko.ECDSAKey.generate().write_private_key_file(str(login))
    with _server(KEYS[kind]) as (port, nobody):
        written = lines(f"[127.0.0.1]:{port}", kind)
        file.unlink(missing_ok=True)
        if written:
            file.write_text("\n".join(written) + "\n")
        try:
            connect(Host(address="127.0.0.1", port=port, key=login, known_hosts=file)).close()
            said = ""
        except Unreachable as error:
            said = str(error)
    return Seen(nobody.asked, said)


def tries(count: int, chance: random.Random) -> Iterator[tuple[str, str, bool]]:
    """Names of files and kinds of keys, each file at least once where there are enough; True where the key is to be taken."""
    names = [*WRONG, *RIGHT]
    for at in range(count):
        name = names[at % len(names)]
        yield name, chance.choice(list(KEYS)), name in RIGHT
