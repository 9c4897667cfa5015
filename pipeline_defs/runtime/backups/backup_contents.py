"""Backup contents: which files of a folder go into a backup, and how one is copied that others write to meanwhile."""

import contextlib
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_MADE_ANEW = {"workspace", "lineage.db", "service.json", "token", "running.yaml", "backups"}
"""Names at the top of a home, or of another folder of a service: clones, the lineage's index, what runs now; and backups."""

_BESIDE = re.compile(r"(.+)-(wal|shm|journal)")  # what SQLite keeps beside a database, which is in the copy of that one
_SQLITE = b"SQLite format 3\x00"
_ONE_RUN = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.db"
)  # the log of one run, of which there are thousands
_BUSY = 30.0  # seconds to wait for another process that writes


def of_folder(folder: Path) -> list[Path]:
    """The folders, files and symbolic links in a folder that cannot be made anew; each folder before what is in it."""
    left_out = {folder / name for name in _MADE_ANEW}
    return [path for path in _below(folder, left_out) if path.is_symlink() or path.is_dir() or path.is_file()]


def _below(folder: Path, left_out: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        beside = _BESIDE.fullmatch(path.name)
        of = path.with_name(beside[1]) if beside else path
        if of in left_out or (beside and _is_sqlite(of)):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path, left_out)


class Copies:
    """Copies of files while others write to them. Databases are copied as they were when the block began.

    Dagster keeps runs, the events of assets, and schedules in a SQLite file each. In a backup no run may be over of which another file
    does not know the end yet; so all are read as they were at one moment. The log of a single run is copied as it is later on.
    """

    def __init__(self, paths: list[Path]) -> None:
        """`paths`: all that will be copied."""
        self._paths = paths
        self._held: dict[Path, sqlite3.Connection] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Copies":
        for path in self._paths:
            if not _ONE_RUN.fullmatch(path.name) and (database := _opened(path)):
                self._held[path] = self._stack.enter_context(contextlib.closing(database))
        for database in self._held.values():
            database.execute("begin")
            _ask(database)  # it is the first question that fixes the moment
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def copy(self, path: Path) -> Iterator[IO[bytes]]:
        """A copy of one file, open at its beginning. Raises OSError where it is gone meanwhile, and sqlite3.Error."""
        with tempfile.NamedTemporaryFile() as copy, contextlib.ExitStack() as stack:
            database = self._held.get(path)
            if database is None and (database := _opened(path)):
                stack.enter_context(contextlib.closing(database))
            if database is not None:
                with contextlib.closing(sqlite3.connect(copy.name)) as target:
                    database.backup(target)
            else:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy


def _opened(path: Path) -> sqlite3.Connection | None:
    """The database in a file, None for what is none, or too damaged to be one: that is copied as it is."""
    if not _is_sqlite(path):
        return None
    database = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
    try:
        _ask(database)
    except sqlite3.OperationalError:
        database.close()
        raise
    except sqlite3.DatabaseError:
        database.close()
        return None
    return database


def _ask(database: sqlite3.Connection) -> None:
    database.execute("select count(*) from sqlite_master").fetchone()


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # a folder, or gone
