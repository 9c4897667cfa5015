"""Version numbering: the version that a merge gets, or keeps."""

from collections.abc import Collection
from dataclasses import dataclass

from pipeline_defs.release.version import Version, VersionError, next_version


@dataclass(frozen=True)
class Numbers:
    """What is known of a merge's numbers.

    Attributes:
        branch: the branch it is on; `onto_main` says whether that is the one that is deployed.
        written: what the version file says.
        before: what it said where the branch last got a version; None where there was none.
        on_main: the newest version on main.
        edited: somebody wrote the number, as a part of what was merged; Shipline did not.
        labels: those of the merged pull requests.
    """

    branch: str
    onto_main: bool
    written: Version
    before: Version | None = None
    on_main: Version | None = None
    edited: bool = False
    labels: Collection[str] = ()


def automatic(numbers: Numbers) -> Version:
    """The version of a merge where Shipline raises it: the number that somebody wrote, if it is a new one, else the next.

    The next is counted from the greatest number there is, so that no branch falls back behind main. Raises VersionError for
    a number that somebody wrote and that is smaller than the one before.
    """
    written, before = numbers.written, numbers.before
    if numbers.edited and before is not None and written < before:
        raise VersionError(
            f"the version was changed from {before} to {written} on {numbers.branch}, and numbers never go back; "
            "write a greater one, or leave it alone: it is raised by itself"
        )
    others = [each for each in (before, numbers.on_main) if each is not None]
    if numbers.edited and all(written > each for each in others):
        return written
    return next_version(max([written, *others]), onto_main=numbers.onto_main, labels=numbers.labels)


def manual(numbers: Numbers) -> str | None:
    """Refuse a merge whose version went back, where the developer raises it. Several merges may share a number.

    That a number is another image's already, or older than what runs, is refused later and elsewhere (`policy.py`).
    """
    written, before = numbers.written, numbers.before
    if before is None or written >= before:
        return None
    return (
        f"version {written} is on {numbers.branch} where {before} was before; it has to be at least that: "
        "raise the number in the version file"
    )
