"""Disk space: what the workspace takes up on this machine's disk, and what can go from it, because it can be made anew."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.release.byte_size import size
from pipeline_defs.resources.git_mirror import used
from pipeline_defs.resources.scratch import sweep

IN_USE_SECONDS = 3600
"""A mirror that was used within that time is in use: a run may still be reading it."""

_GONE = ".gone"
_BLOCK = 512  # bytes, in which every system counts what a file takes up


class NoDiskSpace(ShiplineError):
    """The workspace is full of what is in use; one sentence that says what to do."""


def taken(folder: Path) -> int:
    """The bytes that a folder takes up on the disk. What vanishes meanwhile does not count."""
    total = 0
    for path in (Path(where, name) for where, _, files in os.walk(folder) for name in files):
        try:
            total += path.lstat().st_blocks * _BLOCK
        except OSError:
            continue
    return total


def free_space(workspace: Path, most: int) -> Iterator[str]:
    """Remove from the workspace until it takes up `most` bytes: what killed runs left, then mirrors, those unused longest first.

    Mirrors that are in use stay. Gives a line for each thing it removes.
    """
    mirrors = workspace / "mirrors"
    for left_behind in mirrors.glob(f"*{_GONE}"):
        shutil.rmtree(left_behind, ignore_errors=True)
    for parent in workspace.glob("*/"):
        if parent not in (mirrors, workspace / "locks"):
            sweep(parent)
    total = taken(workspace)
    for mirror in sorted(mirrors.glob("*.git"), key=used):
        if total <= most:
            return
        bytes = taken(mirror)
        if _removed(mirror):
            total -= bytes
            yield f"removed the mirror {mirror.name}, {size(bytes)}; the next run fetches it anew"


def require_space(workspace: Path, most: int) -> Iterator[str]:
    """See to it that the workspace is not full before anything is put there; see `free_space`. Raises NoDiskSpace where it is."""
    if taken(workspace) <= most:
        return
    yield from free_space(workspace, most)
    total = taken(workspace)
    if total > most:
        raise NoDiskSpace(
            f"{workspace} takes up {size(total)} of the {size(most)} that it may have, and all of it is in use; start this "
            "again when other runs have ended, or raise `workspace` in the home's limits.yaml"
        )


def _removed(mirror: Path) -> bool:
    """Take a mirror out of the way in one act, and then remove it; False where it is in use."""
    try:
        with FileLock(mirror.with_suffix(".lock"), timeout=0):
            if time.time() - used(mirror) < IN_USE_SECONDS:
                return False
            gone = mirror.rename(mirror.with_suffix(_GONE))
    except Timeout:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True
