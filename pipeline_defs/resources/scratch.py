"""Scratch: a folder for the length of a `with` block, which is removed even when its owner was killed."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = ".lock"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new, empty folder below `parent` (mode 0700), gone when the block ends.

    Its owner holds a lock beside it, which the kernel drops when the process dies: a folder whose lock is free belongs to
    nobody any more, and each call first removes such folders.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = parent / secrets.token_hex(4)
    lock = FileLock(folder.with_suffix(_LOCK), timeout=0)
    with FileLock(parent / _LOCK):  # nobody may take a folder for left behind between its making and its locking
        sweep(parent)
        lock.acquire()
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder, lock)


def alive(parent: Path, name: str) -> bool:
    """True while the owner of the folder `name` below `parent` is in its `with` block."""
    path = (parent / name).with_suffix(_LOCK)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def sweep(parent: Path) -> None:
    """Remove the folders below `parent` whose owners are no more; each call of `scratch` does so first."""
    for path in parent.glob(f"*{_LOCK}"):
        if path.name == _LOCK:
            continue
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        _remove(path.with_suffix(""), lock)


def _remove(folder: Path, lock: FileLock) -> None:
    # Files of another user (a container's) may stay; the folder is then swept by a run that may remove them.
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
