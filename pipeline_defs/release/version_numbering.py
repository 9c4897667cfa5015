"""Version numbering: the version that a merge gets, or keeps."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pipeline_defs.release.version import Version, VersionError, next_version

_FIRST = Version(0, 1, 0)
"""The version of a repository without a version tag."""


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


def next_patch(newest: Version | None, taken: Iterable[Version]) -> Version:
    """The version that follows the newest tag: the first number of its line (`x.y`) beyond all that are taken.

    Raises VersionError where no number is left.
    """
    line = (newest or _FIRST)[:2]
    greatest = max((each for each in (newest, *taken) if each is not None and each[:2] == line), default=None)
    return next_version(greatest, onto_main=False, labels=()) if greatest else _FIRST


def from_tags(newest: Version | None, same: Iterable[Version], taken: Iterable[Version]) -> Version:
    """The version of a commit without a tag of its own: the one that its source has already, else the next patch.

    Args:
        newest: the greatest version tag before the commit.
        same: versions of the image that was built from the very same source.
        taken: versions that name an image, or are about to.
    """
    kept = max(same, default=None)
    return kept if kept is not None and (newest is None or kept >= newest) else next_patch(newest, taken)
