"""Version: the `x.y.z` an app's `version.txt` names."""

import re
from collections.abc import Collection
from typing import NamedTuple, Self

from pipeline_defs.config.base_error import ShiplineError

_PATTERN = re.compile(r"v?(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})", re.ASCII)
_LARGEST = 999_999_999

MINOR_LABEL = "semver:minor"
MAJOR_LABEL = "semver:major"
"""Labels of a pull request that raise more than its branch alone would; upper and lower case are the same, as on GitHub."""


class VersionError(ShiplineError, ValueError):
    """A text that is not a version of the form `x.y.z`, or a version with no number after it."""

    status = 2


class Version(NamedTuple):
    """A release's version: three numbers without leading zeros, compared number by number (https://semver.org, 2.0.0, §2 and §11)."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1.2.3` or `v1.2.3`, with white space around it. Raises VersionError on anything else."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise VersionError(f"{text.strip()[:40]!r} is not a version; expected three numbers such as 1.4.2")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def sort_key(text: str) -> str:
    """A text by which versions sort as text; empty, before all of them, for what is none."""
    try:
        return ".".join(f"{number:09}" for number in Version.parse(text))
    except VersionError:
        return ""


def next_version(current: Version, *, onto_main: bool, labels: Collection[str]) -> Version:
    """The version of what is merged while `current` is the newest: z + 1 on development, y + 1 and z = 0 on main.

    `labels` are those of all merged pull requests: `semver:minor` raises y, `semver:major` x, on both branches; the
    largest step counts. What follows a raised number starts at 0 (https://semver.org, 2.0.0, §7 and §8). Raises
    VersionError when a number would get a tenth digit, which no version can have.
    """
    asked = {label.strip().casefold() for label in labels}
    if MAJOR_LABEL in asked:
        raised = Version(current.major + 1, 0, 0)
    elif onto_main or MINOR_LABEL in asked:
        raised = Version(current.major, current.minor + 1, 0)
    else:
        raised = Version(current.major, current.minor, current.patch + 1)
    if max(raised) > _LARGEST:
        raise VersionError(f"no version comes after {current}; write the next one into the version file yourself")
    return raised
