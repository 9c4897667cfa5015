"""Shipline commits: those that Shipline makes itself on the branches that ship, and by which nothing is to be started.

A trailer is only text, and anybody can write one. So a commit is Shipline's own only if it changes nothing but the version
file as well, and stands where the trailer says: whoever forges one keeps nothing from being built but that number.
"""

import re
from dataclasses import dataclass

from pipeline_defs.release.version import Version

VERSION_OF = "Shipline-Version-Of"
"""Names the commit that a version was committed on top of."""
MERGE_OF = "Shipline-Merge-Of"
"""Names the commit of main that was merged back into development."""
LEVEL_WITH = "Shipline-Level-With"
"""Names the commit of main whose number development was given, so that merging it back does not conflict."""

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): +(\S+)\s*")


@dataclass(frozen=True)
class CommitDetails:
    """One commit, as far as it is needed to know whose it is.

    Attributes:
        parents: full ids, in git's order: what was merged into comes first.
        message: whole.
        files: every path that differs from the first parent; of a renamed file the old and the new one.
    """

    id: str
    parents: tuple[str, ...]
    message: str
    files: tuple[str, ...]


def version_message(version: Version, on: str) -> str:
    """The message of the commit that gives the change `on` its version."""
    return f"Version {version}\n\n{VERSION_OF}: {on}\n"


def merge_message(main: str, development: str, commit: str) -> str:
    """The message of the merge of main's commit into development."""
    return f"Merge {main} back into {development}\n\n{MERGE_OF}: {commit}\n"


def level_message(version: Version, commit: str) -> str:
    """The message of the commit that gives development the number of main's commit."""
    return f"Version {version}, as on main\n\n{LEVEL_WITH}: {commit}\n"


def change_below(commit: CommitDetails, version_file: str) -> str | None:
    """The commit that one of Shipline's own was put on top of, None for everybody else's.

    The caller answers what it gets, unless that was answered before, instead of the branch's head: a head that is skipped
    must not take the commit below it along. That one may be an own commit too, so it is asked about in turn.
    """
    named = _trailers(commit.message)
    only_the_number = set(commit.files) <= {version_file}
    if not only_the_number or not commit.parents:
        return None
    if len(commit.parents) == 1:
        on_it = named.get(VERSION_OF) == commit.parents[0] or LEVEL_WITH in named
        return commit.parents[0] if on_it and commit.files else None
    merged_back = len(commit.parents) == 2 and named.get(MERGE_OF) == commit.parents[1]
    return commit.parents[0] if merged_back else None


def gives_version(commit: CommitDetails, version_file: str) -> bool:
    """True for an own commit that gave a change its version."""
    return VERSION_OF in _trailers(commit.message) and change_below(commit, version_file) is not None


def _trailers(message: str) -> dict[str, str]:
    """The trailers in the last paragraph; of a name that is there twice none, for nobody could say which one counts."""
    lines = message.strip().replace("\r\n", "\n").split("\n\n")[-1].splitlines()
    found = [match.groups() for match in map(_TRAILER.fullmatch, lines) if match]
    names = [name for name, _ in found]
    return {name: value for name, value in found if names.count(name) == 1}
