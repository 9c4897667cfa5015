"""The index as a file: SQLite in the home, derived from Dagster's storage, made anew when it is missing, damaged or of another form."""

import os
import sqlite3
from pathlib import Path

_FORM = 3  # raised with every change of the tables below, or of what is written into them

_TABLES = """
CREATE TABLE position (kind TEXT PRIMARY KEY, stored INTEGER NOT NULL, run TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE attempt (
    app TEXT NOT NULL, environment TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL,
    version TEXT NOT NULL, fleet INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (app, environment, id));
CREATE INDEX attempt_outcome ON attempt (app, environment, outcome, id, kind);
CREATE INDEX attempt_fleet ON attempt (app, environment, id) WHERE fleet;
CREATE TABLE image (stored INTEGER PRIMARY KEY, app TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX image_app ON image (app, stored);
CREATE TABLE maintenance (app TEXT, environment TEXT, record TEXT NOT NULL, PRIMARY KEY (app, environment));
CREATE TABLE person_run (
    app TEXT NOT NULL, environment TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (app, environment, id));
CREATE TABLE quarantined (
    app TEXT NOT NULL, environment TEXT NOT NULL, digest TEXT NOT NULL, place INTEGER NOT NULL, overtaken INTEGER NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (app, environment, digest));
CREATE INDEX quarantined_now ON quarantined (app, environment, overtaken);
CREATE TABLE name (
    app TEXT NOT NULL, kind TEXT NOT NULL, word TEXT NOT NULL, environment TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (app, kind, word, environment, id)) WITHOUT ROWID;
"""
_BUSY = 30.0  # seconds to wait for another process that writes


def open_index(file: Path | None) -> sqlite3.Connection:
    """The index in this file; without one, or where nothing can be written, one in memory, which is made from all events."""
    if file is not None and _writable(file):
        try:
            return _opened(file)
        except sqlite3.OperationalError:  # a disk that is full, or a file that is locked for long
            pass
        except sqlite3.DatabaseError:
            remove_index(file)
            return _opened(file)
    return _opened(None)


def remove_index(file: Path) -> None:
    """Remove the file, and what SQLite keeps beside it; nothing is lost that is not in Dagster's storage."""
    for each in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))):
        each.unlink(missing_ok=True)


def clear(index: sqlite3.Connection) -> None:
    """Forget everything, within the transaction that is open."""
    for (table,) in index.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        index.execute(f"DELETE FROM {table}")


def _writable(file: Path) -> bool:
    """False in another person's home, which can be read and not written."""
    return os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))


def _opened(file: Path | None) -> sqlite3.Connection:
    # Transactions are begun and ended by hand; one Lineage is used by one thread at a time.
    index = sqlite3.connect(file or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA synchronous = OFF")  # a power cut may cost the file, which is derived
        if _form(index) != _FORM:
            _make(index)
    except sqlite3.Error:
        index.close()
        raise
    return index


def _make(index: sqlite3.Connection) -> None:
    """The tables, by whoever comes first."""
    index.execute("BEGIN IMMEDIATE")
    if _form(index) != _FORM:
        for (table,) in index.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            index.execute(f"DROP TABLE {table}")
        for statement in filter(str.strip, _TABLES.split(";")):
            index.execute(statement)
        index.execute(f"PRAGMA user_version = {_FORM}")
    index.execute("COMMIT")


def _form(index: sqlite3.Connection) -> int:
    return int(index.execute("PRAGMA user_version").fetchone()[0])
