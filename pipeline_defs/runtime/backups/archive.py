"""Archive: a backup as a file. A compressed tar, readable for its owner only, with a manifest at its end."""

import contextlib
import gzip
import hashlib
import os
import sqlite3
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline_defs.runtime.backups.backup_contents import Copies
from pipeline_defs.runtime.backups.backup_manifest import NAME, BadBackup, Manifest

_LEVEL = 1  # most of what is large can hardly be made smaller, and a backup should not keep two processors busy
_BLOCK = 2**20
_MODES = 0o755  # a file gets no more rights than these: neither setuid bits nor others who write


class Writer:
    """A backup that is being written. It stands under its name once it is whole, else nowhere."""

    def __init__(self, tar: tarfile.TarFile, copies: Copies) -> None:
        """Made by `writing`."""
        self._tar, self._copies = tar, copies
        self.files: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        """Put a folder, a file or a symbolic link into it. One that is gone meanwhile is left out."""
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            member = tarfile.TarInfo(name)
            member.mode, member.mtime = stat.S_IMODE(status.st_mode) & 0o777, int(status.st_mtime)
            if stat.S_ISLNK(status.st_mode):
                member.type, member.linkname = tarfile.SYMTYPE, str(path.readlink())
                self.files[name] = f"-> {member.linkname}"
                self._tar.addfile(member)
            elif stat.S_ISDIR(status.st_mode):
                member.type = tarfile.DIRTYPE
                self._tar.addfile(member)
            else:
                with self._copies.copy(path) as copy:
                    self._add_file(member, copy)

    def finish(self, manifest: Manifest) -> None:
        """Put the manifest behind all that was added."""
        text = manifest.model_copy(update={"files": self.files}).model_dump_json(indent=1).encode()
        member = tarfile.TarInfo(NAME)
        member.size, member.mode = len(text), 0o600
        self._tar.addfile(member, BytesIO(text))

    def _add_file(self, member: tarfile.TarInfo, file: IO[bytes]) -> None:
        self.files[member.name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        member.size = file.tell()
        file.seek(0)
        self._tar.addfile(member, file)


@contextlib.contextmanager
def writing(file: Path, paths: Iterable[Path]) -> Iterator[Writer]:
    """Write a backup in the block, of these paths among others. Raises BadBackup where there is a file of this name."""
    if os.path.lexists(file):
        raise BadBackup(f"{file} is there already: name another file, or remove this one first")
    new = file.with_name(f"{file.name}.new")
    try:
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:  # noqa: PTH123
            with (
                tarfile.open(fileobj=raw, mode="w:gz", compresslevel=_LEVEL, format=tarfile.PAX_FORMAT) as tar,
                Copies(list(paths)) as copies,
            ):
                yield Writer(tar, copies)
            raw.flush()
            os.fsync(raw.fileno())
        new.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise BadBackup(f"{file} cannot be written: {_why(error)}") from None
    finally:
        new.unlink(missing_ok=True)


def check(file: Path) -> Manifest:
    """Read all of a backup and give its manifest. Raises BadBackup where it is not whole or holds what no backup holds."""
    found: dict[str, str] = {}
    manifest = None
    with _told(f"{file} cannot be read"):
        for member, content in _members(file):
            if manifest is not None:
                raise BadBackup(f"{file} cannot be used: {member.name} stands behind its {NAME}")
            if member.name == NAME and content is not None:
                manifest = _about(file, content.read())
            elif content is not None:
                found[member.name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
            elif member.issym():
                found[member.name] = f"-> {member.linkname}"
    if manifest is None:
        raise BadBackup(f"{file} cannot be read: it is not a whole backup of Shipline (it has no {NAME} at its end)")
    try:
        manifest.compare(found)
    except BadBackup as error:
        raise BadBackup(f"{file} cannot be used: {error}") from None
    return manifest


def unpack(file: Path, folder: Path, *, but: str = "") -> None:
    """Make the files of a backup anew in a folder that is not there yet, but one. Files belong to who calls it.

    Raises BadBackup. Links come last, so that nothing is written through one.
    """
    links: list[tarfile.TarInfo] = []
    with _told(f"{file} cannot be unpacked into {folder}"):
        folder.mkdir(mode=0o700, parents=True)
        for member, content in _members(file):
            path = folder / member.name
            if member.issym():
                links.append(member)
            elif content is None:
                path.mkdir(mode=(member.mode & _MODES) | 0o700)
            elif member.name not in (NAME, but):
                _write(path, content, member)
        for link in links:
            (folder / link.name).symlink_to(link.linkname)


def read(file: Path, name: str, out: IO[bytes]) -> None:
    """Write one file of a backup out. Raises BadBackup where there is none of this name."""
    with _told(f"{file} cannot be read"):
        for member, content in _members(file):
            if member.name == name and content is not None:
                while block := content.read(_BLOCK):
                    out.write(block)
                return
    raise BadBackup(f"{file} has no {name}")


def _members(file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """What is in a backup, one after the other; of a file also its content. Refused is what would lead out of a folder."""
    with gzip.open(file, "rb") as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            if not parts or ".." in parts or member.name.startswith("/"):
                raise BadBackup(f"{file} cannot be used: the name {member.name!r} leads out of a folder")
            if not (member.isreg() or member.isdir() or member.issym()):
                raise BadBackup(f"{file} cannot be used: {member.name!r} is neither a file, a folder nor a link")
            yield member, tar.extractfile(member) if member.isreg() else None
        while plain.read(_BLOCK):
            pass  # only at its end the checksum of it all is looked at


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """What goes wrong in the block while a backup is read, as BadBackup that begins with these words."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadBackup(f"{what}: it is not a whole backup of Shipline ({error})") from None
    except OSError as error:
        raise BadBackup(f"{what}: {_why(error)}") from None


def _about(file: Path, text: bytes) -> Manifest:
    try:
        return Manifest.parse(text)
    except BadBackup as error:
        raise BadBackup(f"{file} cannot be used: {error}") from None


def _write(path: Path, content: IO[bytes], member: tarfile.TarInfo) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:  # noqa: PTH123
        while block := content.read(_BLOCK):
            out.write(block)
    path.chmod(member.mode & _MODES)
    os.utime(path, (member.mtime, member.mtime))


def _why(error: Exception) -> str:
    """What happened, and with which file."""
    if isinstance(error, OSError) and error.strerror:
        return ": ".join(filter(None, [error.strerror, str(error.filename or "")]))
    return str(error)
