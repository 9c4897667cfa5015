"""Git's object database, written and read in this process: hundreds of commits a second, and git itself sees all of them.

Layout and formats are git's own (gitrepository-layout(5), "Git Internals - Git Objects").
"""

import hashlib
import os
import subprocess
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TREE = "40000"
FILE = "100644"
EXECUTABLE = "100755"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
REMEMBERED = 60_000
"""Objects kept in memory, at most; the oldest ones are read from disk again."""


class Missing(KeyError):
    """There is no such object."""


class Entry(NamedTuple):
    """One line of a tree."""

    mode: str
    sha: str


@dataclass(frozen=True)
class Signature:
    """Who wrote or committed, and when (seconds, UTC)."""

    name: str
    email: str
    time: int

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {self.time} +0000"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read `Name <email> seconds zone`."""
        name, _, rest = line.partition(" <")
        email, _, when = rest.partition("> ")
        return cls(name, email, int(when.split()[0]) if when else 0)


@dataclass(frozen=True)
class Commit:
    """A commit as it is stored."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


class Objects:
    """The objects of one repository and all its forks: they share one folder, as they do on GitHub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[str, bytes]] = {}
        self._commits: dict[str, Commit] = {}
        self._trees: dict[str, dict[str, Entry]] = {}
        self._folders: set[str] = set()
        self._reader: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()

    def write(self, kind: str, data: bytes) -> str:
        """Store an object; returns its SHA. Nothing happens when it is there."""
        whole = f"{kind} {len(data)}\0".encode() + data
        sha = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        with self._lock:
            if sha in self._known:
                return sha
            self._write_loose(sha, whole)
            self._remember(sha, kind, data)
        return sha

    def read(self, sha: str) -> tuple[str, bytes]:
        """Kind and content; raises Missing."""
        with self._lock:
            if sha in self._known:
                return self._known[sha]
            kind, data = self._read_loose(sha) or self._ask_git(sha)
            self._remember(sha, kind, data)
            return kind, data

    def has(self, sha: str, kind: str | None = None) -> bool:
        """True when there is such an object (of that kind)."""
        try:
            return self.read(sha)[0] == (kind or self.read(sha)[0])
        except Missing:
            return False

    def blob(self, sha: str) -> bytes:
        """Content of a file."""
        return self.read(sha)[1]

    def tree(self, sha: str) -> dict[str, Entry]:
        """Entries of a tree by name; do not change the answer."""
        if sha not in self._trees:
            entries = {}
            _, data = self.read(sha) if sha != EMPTY_TREE else ("tree", b"")
            at = 0
            while at < len(data):
                end = data.index(b"\0", at)
                mode, name = data[at:end].decode(errors="surrogateescape").split(" ", 1)
                entries[name] = Entry(mode, data[end + 1 : end + 21].hex())
                at = end + 21
            self._trees[sha] = entries
        return self._trees[sha]

    def commit(self, sha: str) -> Commit:
        """A commit; raises Missing when there is none of that SHA."""
        if sha not in self._commits:
            kind, data = self.read(sha)
            if kind != "commit":
                raise Missing(sha)
            self._commits[sha] = _parse_commit(sha, data)
        return self._commits[sha]

    def write_tree(self, entries: dict[str, Entry]) -> str:
        """Store a tree, in git's order: a folder sorts as if its name ended with a slash."""
        order = sorted(entries.items(), key=lambda one: (one[0] + "/" * (one[1].mode == TREE)).encode())
        parts = [
            f"{entry.mode} {name}\0".encode(errors="surrogateescape") + bytes.fromhex(entry.sha)
            for name, entry in order
        ]
        return self.write("tree", b"".join(parts))

    def write_commit(
        self, tree: str, parents: list[str], author: Signature, message: str, committer: Signature | None = None
    ) -> str:
        """Store a commit; the committer is the author unless told."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author}", f"committer {committer or author}", "", message]
        return self.write("commit", "\n".join(lines).encode(errors="surrogateescape"))

    def close(self) -> None:
        """End the process that reads packs."""
        with self._lock:
            if self._reader:
                self._reader.kill()
                self._reader.communicate()
                self._reader = None

    def _remember(self, sha: str, kind: str, data: bytes) -> None:
        self._known[sha] = (kind, data)
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _write_loose(self, sha: str, whole: bytes) -> None:
        """Straight into its place: nobody knows the SHA before it is written."""
        folder = f"{self.folder}/{sha[:2]}"
        if sha[:2] not in self._folders:
            Path(folder).mkdir(exist_ok=True)
            self._folders.add(sha[:2])
        try:
            handle = os.open(f"{folder}/{sha[2:]}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o444)
        except FileExistsError:
            return
        with os.fdopen(handle, "wb") as file:
            file.write(zlib.compress(whole, 1))

    def _read_loose(self, sha: str) -> tuple[str, bytes] | None:
        try:
            whole = zlib.decompress((self.folder / sha[:2] / sha[2:]).read_bytes())
        except OSError:
            return None
        head, _, data = whole.partition(b"\0")
        return head.split()[0].decode(), data

    def _ask_git(self, sha: str) -> tuple[str, bytes]:
        """What came in by a push may lie in a pack; `git cat-file --batch` looks for new packs by itself."""
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", f"--git-dir={self.folder.parent}", "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._reader.stdin and self._reader.stdout, "both are pipes"
        self._reader.stdin.write(f"{sha}\n".encode())
        self._reader.stdin.flush()
        words = self._reader.stdout.readline().split()
        if len(words) != 3:
            raise Missing(sha)
        data = self._reader.stdout.read(int(words[2]))
        self._reader.stdout.read(1)
        return words[1].decode(), data


def _parse_commit(sha: str, data: bytes) -> Commit:
    head, _, message = data.decode(errors="surrogateescape").partition("\n\n")
    values: dict[str, list[str]] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        values.setdefault(key, []).append(value)
    return Commit(
        sha,
        values["tree"][0],
        tuple(values.get("parent", [])),
        Signature.parse(values["author"][0]),
        Signature.parse(values["committer"][0]),
        message.rstrip("\n"),
    )
