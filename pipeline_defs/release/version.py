"""Version: the `x.y.z` an app's `version.txt` names."""

import re
from typing import NamedTuple, Self

_PATTERN = re.compile(r"v?(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})", re.ASCII)


class VersionError(ValueError):
    """A text that is not a version of the form `x.y.z`."""


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
