"""Local refs: whether the branches of a repository on this machine may have moved, without starting git."""

from collections.abc import Collection
from pathlib import Path

Stamp = tuple[tuple[int, int, int] | None, ...]


def refs_stamp(url: str, branches: Collection[str]) -> Stamp | None:
    """What changes whenever one of these branches moves; None where only git can tell, as for a repository elsewhere.

    git writes a branch's file, the file of packed branches, and a reftable's list by renaming a new one into its place, so time,
    size and number of the file tell each state from the one before.
    """
    if not is_local(url):
        return None
    folder = Path(url)
    inner = folder / ".git"
    if inner.is_dir():
        folder = inner
    elif inner.exists() or (folder / "commondir").exists():  # a worktree, whose branches are elsewhere
        return None
    head = _stamp(folder / "HEAD")
    if head is None:
        return None
    files = (
        *(folder / "refs" / "heads" / branch for branch in branches),
        folder / "packed-refs",
        folder / "reftable" / "tables.list",
    )
    return (head, *map(_stamp, files))


def is_local(url: str) -> bool:
    """True for a path, as `address.url_of` gives it."""
    return url.startswith("/")


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
