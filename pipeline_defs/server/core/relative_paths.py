"""Relative paths: which relative paths of a compose file are files of the release, and which are data that the app writes."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from pathlib import PurePosixPath
from typing import Any

PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", ".keep"})
"""Files that stand for an empty folder, which git does not know."""


class Kind(StrEnum):
    """What a path is in git at a commit: PLACEHOLDER is a folder with nothing but files that keep it there."""

    FILE = auto()
    FOLDER = auto()
    PLACEHOLDER = auto()
    ABSENT = auto()


@dataclass(frozen=True)
class Mount:
    """A relative path that a service mounts.

    Attributes:
        service: its name; empty for a volume that is bound to a folder, of which `volume` is the name.
        path: from the repository's root; `.` is the root itself. One that begins with `..` leads out of it.
        target: where the container sees it; writable: whether it may write there.
        volume: the mount as Compose writes it in full, or the volume's name.
    """

    service: str
    path: str
    target: str
    writable: bool
    volume: Mapping[str, Any] | str


@dataclass(frozen=True)
class Source:
    """A file that a compose file names under `configs` or `secrets`: `section`, the name there, and the path in the repository."""

    section: str
    name: str
    path: str


@dataclass(frozen=True)
class Read:
    """A file that Compose reads into a service's description: its `env_file` or `label_file`.

    `path` is that in the repository, or an absolute one; `given` is what Compose says of it.
    """

    service: str
    key: str
    path: str
    required: bool = True
    given: Mapping[str, Any] | None = None

    @property
    def relative(self) -> bool:
        """False for a file that lies somewhere on the server."""
        return not self.path.startswith("/")


@dataclass(frozen=True)
class Model:
    """All relative paths of a merged compose file.

    Attributes:
        users: the services that use each config and secret, by `section/name`.
        inline: of each config and secret whose content stands in the file or in a variable, what changes with that content, by
            `section/name`.
        develops: services with a section `develop`, whose paths mean nothing on a server.
        resolved: variables have their values; else they stand as they are written.
    """

    mounts: tuple[Mount, ...] = ()
    sources: tuple[Source, ...] = ()
    reads: tuple[Read, ...] = ()
    users: Mapping[str, tuple[str, ...]] | None = None
    inline: Mapping[str, str] | None = None
    develops: tuple[str, ...] = ()
    resolved: bool = False

    @property
    def unresolved(self) -> bool:
        """True when a path holds a variable: only with its value it is known what is meant."""
        named: list[Mount | Source | Read] = [*self.mounts, *self.sources, *self.reads]
        return any("$" in each.path for each in named)


@dataclass(frozen=True)
class Given:
    """What the app's file says of paths: `data` that the app writes, and `secret` files.

    `data_root` is the folder on the server in which data lies, `folder` the one in the repository that the compose file's paths begin in.
    """

    environment: str
    data_root: str
    folder: str = "."
    data: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Paths:
    """What becomes of each relative path; a path is in one of these, or refused.

    Attributes:
        release: taken from git with the release, and seen read-only.
        data: kept in the environment's own folder for all releases.
        secret: secret files that a container sees.
        read: of the repository or secret, what Compose reads into the services' descriptions.
        refusals: a sentence for each that cannot be told, with the line to write.
    """

    release: frozenset[str]
    data: frozenset[str]
    secret: frozenset[str]
    read: frozenset[str]
    refusals: tuple[str, ...]


def resolve_paths(model: Model, given: Given, kind: Callable[[str], Kind]) -> Paths:
    """Say of each path what it is. `kind` tells what a path is in git at the release's commit."""
    rules = _Rules(model, given, kind)
    named: list[Mount | Source] = [*model.mounts, *model.sources]
    uses = {each.path: rules.use(each.path) for each in named}
    return Paths(
        release=frozenset(path for path, use in uses.items() if use == "release"),
        data=frozenset(path for path, use in uses.items() if use == "data"),
        secret=frozenset(path for path, use in uses.items() if use == "secret"),
        read=frozenset(read.path for read in model.reads if rules.is_readable(read)),
        refusals=tuple(dict.fromkeys(rules.refusals())),
    )


class _Rules:
    def __init__(self, model: Model, given: Given, kind: Callable[[str], Kind]) -> None:
        self.model, self.given, self.kind = model, given, kind
        self.written = [mount.path for mount in model.mounts if mount.writable]

    def use(self, path: str) -> str:
        """What a path is: `release`, `data` or `secret`."""
        if path in self.given.secret:
            return "secret"
        if self._is_declared(path):
            return "data"
        return "release" if self.kind(path) in (Kind.FILE, Kind.FOLDER) else "data"

    def refusals(self) -> Iterator[str]:
        for mount in self.model.mounts:
            yield from self._mount(mount)
        for source in self.model.sources:
            yield from self._source(source)
        for read in self.model.reads:
            yield from self._read(read)

    def _mount(self, mount: Mount) -> Iterator[str]:
        path, where = mount.path, f"environments.{self.given.environment}"
        who = f"the service {mount.service}" if mount.service else f"the volume {mount.volume}"
        if _outside(path):
            yield f"{who} mounts {path}, which is outside the repository; write an absolute path of the server or a named volume"
            return
        use = self.use(path)
        if use == "data":
            if self.kind(path) in (Kind.ABSENT, Kind.PLACEHOLDER) and not self._is_written(path):
                yield (
                    f"{who} mounts {path} read-only, which is not in the repository at this commit, and no service writes it; "
                    f"add it to git, or put it into {self.given.data_root}/{path} on the server and write data: [{path}] "
                    f"under {where}"
                )
        elif mount.writable and use == "secret":
            yield f"{who} may write to the secret file {path}; write {self._line(mount)}"
        elif mount.writable:
            yield (
                f"{who} may write to {path}, which is in git: what it writes would be lost with the next release; write "
                f"{self._line(mount)}, or, where git's files are not needed there, data: [{path}] under {where}"
            )

    def _line(self, mount: Mount) -> str:
        """The mount as it should stand in the compose file."""
        path = posixpath.relpath(mount.path, self.given.folder)
        written = path if path.startswith(".") else f"./{path}"
        return f"{written}:{mount.target}:ro or a named volume" if mount.target else "a volume without a device"

    def _is_written(self, path: str) -> bool:
        return self._is_declared(path) or any(_meet(path, each) for each in self.written)

    def _is_declared(self, path: str) -> bool:
        return any(_meet(path, each) for each in self.given.data)

    def _source(self, source: Source) -> Iterator[str]:
        what = f"{source.section}.{source.name} is the file {source.path}"
        if _outside(source.path):
            yield f"{what}, which is outside the repository; write an absolute path of the server"
        elif self.use(source.path) != "secret" and not self._is_there(source.path):
            yield f"{what}, {self._absent(source.path)}"

    def is_readable(self, read: Read) -> bool:
        """True where Compose has the file to read, or will have it."""
        return read.relative and (read.path in self.given.secret or self.kind(read.path) is Kind.FILE)

    def _is_there(self, path: str) -> bool:
        return self._is_declared(path) or self.kind(path) is Kind.FILE

    def _read(self, read: Read) -> Iterator[str]:
        what = f"the service {read.service} has {read.key}: {read.path}"
        if not read.relative:
            return
        if _outside(read.path):
            yield f"{what}, which is outside the repository; name a path inside it"
        elif "$" in read.path:
            yield f"{what}; write its path without variables"
        elif read.required and not self.is_readable(read):
            yield f"{what}, {self._absent(read.path)}"

    def _absent(self, path: str) -> str:
        """The end of the sentence about a file that is not there."""
        where, name = f"environments.{self.given.environment}", PurePosixPath(path).name.lstrip(".") or "env"
        return (
            "which is not in the repository at this commit; where it is secret, write "
            f'secret_files: {{"{path}": {{file: /path/to/{name}}}}} under {where}'
        )


def _outside(path: str) -> bool:
    return path.split("/")[0] == ".."


def _meet(path: str, other: str) -> bool:
    """True when one of two paths is the other, or in it."""
    mine, theirs = PurePosixPath(path), PurePosixPath(other)
    return mine.is_relative_to(theirs) or theirs.is_relative_to(mine)
