"""Backup rotation: the backups that Shipline gave a name itself, of which the newest stay."""

import re
from datetime import UTC, datetime
from pathlib import Path

KEPT = 14

_NAME = re.compile(r"shipline-\d{8}-\d{6}\.tar\.gz")


def new_name(now: datetime) -> str:
    """The name of a backup made now; names sort by time."""
    return f"shipline-{now:%Y%m%d-%H%M%S}.tar.gz"


def new_file(folder: Path) -> Path:
    """Where a backup is written that nobody gave a name, in a folder that is made for it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / new_name(datetime.now(UTC))


def remove_old(folder: Path, kept: int = KEPT) -> list[Path]:
    """Remove all but the newest in a folder, of those with such a name alone; gives what was removed.

    Raises ValueError for less than one, as the backup that was just made has to stay.
    """
    if kept < 1:
        raise ValueError(f"{kept} backups cannot be kept, it has to be 1 or more")
    old = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))[:-kept]
    for path in old:
        path.unlink()
    return old
