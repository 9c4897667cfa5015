"""Three-way merges: by the trees alone where each file changed on one side, by git where both changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github.objects import EMPTY_TREE, TREE, Entry, Signature

if TYPE_CHECKING:
    from tests.testbed.github.repository import GitRepository


class Conflict(Exception):
    """Both sides changed the same file."""


def merge_trees(repository: GitRepository, base: str, ours: str, theirs: str) -> str | None:
    """The merged tree, None when there is a conflict."""
    try:
        return _merge(repository, base, ours, theirs)
    except Conflict:
        return _merge_with_git(repository, base, ours, theirs)


def _merge(repository: GitRepository, base: str, ours: str, theirs: str) -> str:
    if ours == theirs or base == theirs:
        return ours
    if base == ours:
        return theirs
    sides = [repository.objects.tree(tree) for tree in (base, ours, theirs)]
    merged: dict[str, Entry] = {}
    for name in set().union(*sides):
        entry = _merge_entry(repository, *(side.get(name) for side in sides))
        if entry and entry.sha != EMPTY_TREE:
            merged[name] = entry
    return repository.objects.write_tree(merged)


def _merge_entry(
    repository: GitRepository, base: Entry | None, ours: Entry | None, theirs: Entry | None
) -> Entry | None:
    if ours == theirs or base == theirs:
        return ours
    if base == ours:
        return theirs
    if ours and theirs and ours.mode == theirs.mode == TREE:
        below = base.sha if base and base.mode == TREE else EMPTY_TREE
        return Entry(TREE, _merge(repository, below, ours.sha, theirs.sha))
    raise Conflict


def _merge_with_git(repository: GitRepository, base: str, ours: str, theirs: str) -> str | None:
    """Commits made for it alone give git the merge base: its option for that is newer than Debian's git."""
    who = Signature("merge", "merge@localhost", 0)
    write = repository.objects.write_commit
    repository.objects.write("tree", b"")
    root = write(base, [], who, "base")
    sides = [write(tree, [root], who, name) for name, tree in (("ours", ours), ("theirs", theirs))]
    said = repository.git("merge-tree", "--write-tree", "--no-messages", *sides, check=False).split("\n")
    # A conflict prints the tree with its markers too, followed by the files concerned.
    return said[0] if len([line for line in said if line]) == 1 else None
