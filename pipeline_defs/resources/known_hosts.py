"""known_hosts: which host keys a file trusts, and which it says are never to be trusted again.

The format is that of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. Certificates of hosts are not used: a line `@cert-authority` trusts nobody here.
"""

from dataclasses import dataclass, field
from pathlib import Path

from paramiko import PKey
from paramiko.hostkeys import HostKeyEntry, HostKeys

_AUTHORITY, _REVOKED = "@cert-authority", "@revoked"


@dataclass(frozen=True)
class KnownHosts:
    """What a file says.

    Attributes:
        keys: those that are trusted, by the hosts' names; none that is revoked is among them.
        revoked: the fingerprints of keys that are marked as stolen or lost, whatever hosts their lines name.
        by_authority: it trusts hosts by certificates, too.
    """

    keys: HostKeys
    revoked: frozenset[str] = field(default=frozenset())
    by_authority: bool = False

    def trusted(self, name: str) -> list[PKey]:
        """The keys of one host."""
        return list((self.keys.lookup(name) or {}).values())


def read_known_hosts(file: Path) -> KnownHosts:
    """Read a file; nothing is known where there is none. A line that cannot be read trusts nobody. Raises OSError."""
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    parted = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    revoked = frozenset(key.fingerprint for words in parted if words[0] == _REVOKED for _, key in _named(words[1:]))
    entries = [words for words in parted if not words[0].startswith("@")]
    keys = HostKeys()
    for name, key in (pair for words in entries for pair in _named(words)):
        if key.fingerprint not in revoked:
            keys.add(name, key.get_name(), key)
    return KnownHosts(keys, revoked, any(words[0] == _AUTHORITY for words in parted))


def _named(words: list[str]) -> list[tuple[str, PKey]]:
    """Each name of a line, with the line's key; none where it is no key that can be used."""
    try:
        entry = HostKeyEntry.from_line(" ".join(words[:3]))
    except Exception:  # one of many, for what is no key
        return []
    return [(name, entry.key) for name in entry.hostnames] if entry is not None and entry.key is not None else []
