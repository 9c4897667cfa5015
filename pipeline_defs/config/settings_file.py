"""Settings file: the home's `.env` as variables of this process, by one rule for every program.

What somebody has set in the environment wins. Everything else is what the file says when it is read, also in a process that was started
by one which had read an older `.env`: each passes on which variables it took from the file. A run reads the file once, as its process
starts; a program that runs for long reads it again when it has changed.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

TAKEN = "SHIPLINE_TAKEN_FROM_ENV_FILE"
"""The variable that names those which were taken from the file, `NAME=digits` with the first digits of a hash of each value."""

Stamp = tuple[int, int, int] | None
"""What tells one state of a file from another: time, size and inode; None where there is no file."""

_lock = threading.Lock()


@dataclass
class _Taken:
    """What was taken last in this process, and how many stages of runs pin it."""

    file: Path | None = None
    stamp: Stamp = None
    pins: int = 0


_last = _Taken()


def stamp_of(file: Path) -> Stamp:
    """The file's stamp now."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def take(file: Path) -> None:
    """Make the file's lines variables of this process, unless that was done and it has not changed since, or a run pins them."""
    with _lock:
        known, stamp = _last.file == file, stamp_of(file)
        if known and (_last.pins or (_last.stamp == stamp and TAKEN in os.environ)):
            return
        apply(dotenv_values(file, interpolate=False), os.environ)
        _last.file, _last.stamp = file, stamp


def taken_stamp() -> Stamp:
    """The stamp of the file as it was taken last."""
    return _last.stamp


@contextmanager
def pinned() -> Iterator[None]:
    """While a stage of a run works, the variables stay as they are."""
    with _lock:
        _last.pins += 1
    try:
        yield
    finally:
        with _lock:
            _last.pins -= 1


def apply(lines: Mapping[str, str | None], environment: MutableMapping[str, str]) -> None:
    """Change the environment to what the file's lines say, where nobody else has set a variable."""
    ours = _taken(environment)
    wanted = {
        name: value for name, value in lines.items() if value is not None and (name in ours or name not in environment)
    }
    for name in ours - wanted.keys():
        del environment[name]
    for name, value in wanted.items():
        if environment.get(name) != value:
            environment[name] = value
    environment[TAKEN] = " ".join(f"{name}={_digits(name, value)}" for name, value in sorted(wanted.items()))


def _taken(environment: Mapping[str, str]) -> set[str]:
    """The variables that were taken from the file and that nobody has changed since."""
    marks = (each.partition("=")[::2] for each in environment.get(TAKEN, "").split())
    return {name for name, digits in marks if name in environment and _digits(name, environment[name]) == digits}


def _digits(name: str, value: str) -> str:
    return hashlib.sha256(f"{name}={value}".encode(errors="surrogateescape")).hexdigest()[:8]
