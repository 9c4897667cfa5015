"""Restore backup: a home, or a service's folder, from a backup."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline_defs.runtime.backups import archive, storage_schema
from pipeline_defs.runtime.backups.backup_manifest import BadBackup, Kind, Manifest
from pipeline_defs.runtime.backups.create_backup import DUMP
from pipeline_defs.runtime.backups.storage_schema import State

_TABLES = ("history", "schedules")  # where Dagster keeps SQLite's files
_OTHER = {Kind.HOME: "shipline restore", Kind.SERVICE: "make restore"}


def check(file: Path, kind: Kind) -> Manifest:
    """The manifest of a backup that is whole, of this kind, and not from a newer Shipline. Raises BadBackup for any other."""
    manifest = archive.check(file)
    if manifest.kind is not kind:
        raise BadBackup(f"{file} is a backup of a {manifest.kind}: it is for {_OTHER[manifest.kind]}")
    if storage_schema.state(manifest.revision) is State.NEWER:
        raise BadBackup(
            f"{file} is of a newer version: its tables are those of Dagster {manifest.dagster}, which this Shipline does not know; "
            f"use Shipline {manifest.commit[:12] or manifest.shipline}, which made it, or a later one"
        )
    return manifest


def restore_home(file: Path, root: Path) -> Manifest:
    """Make a home from a backup, whole or not at all. Raises BadBackup, as where there is one already."""
    if root.is_dir() and any(root.iterdir()):
        raise BadBackup(
            f"there is a Shipline in {root} already: move that folder away first, or name another by SHIPLINE_HOME"
        )
    manifest = check(file, Kind.HOME)
    with _unpacked(file, root) as home:
        home.replace(root)
    return manifest


def put_back_tables(file: Path, root: Path) -> None:
    """Put Dagster's tables of a backup in the place of those that a home has now. Raises BadBackup."""
    with _unpacked(file, root) as home:
        for name in _TABLES:
            if (root / name).exists():
                (root / name).rename(home / f"{name}.failed")  # and is removed with the folder
            if (home / name).exists():
                (home / name).rename(root / name)


@contextlib.contextmanager
def _unpacked(file: Path, root: Path) -> Iterator[Path]:
    """The home in a backup, in a folder beside the one that it is for, from where it is moved in no time. Raises BadBackup."""
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}-") as folder:
            archive.unpack(file, Path(folder, "backup"))
            yield Path(folder, "backup", "home")
    except OSError as error:
        raise BadBackup(f"{root} cannot be made from {file}: {error.strerror or error}") from None


def unpack_service(file: Path, folder: Path) -> None:
    """Make a service's folder from a backup that was checked; its database is for `archive.read`. Raises BadBackup."""
    try:
        archive.unpack(file, folder, but=DUMP)
    except BadBackup:
        shutil.rmtree(folder, ignore_errors=True)
        raise
