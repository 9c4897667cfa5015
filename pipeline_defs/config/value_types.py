"""Value types: the kinds of text that an app's file is made of. Each refuses what is wrong by saying what is right."""

import re
import shlex
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Model(BaseModel):
    """A part of an app's file. Unknown keys are refused."""

    # What was found is shown by our own errors, which know where a secret may stand.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def matching(pattern: str, meaning: str) -> AfterValidator:
    """Refuse a text that does not match as a whole, in words instead of the pattern."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(meaning)
        return value

    return AfterValidator(check)


def _split(value: Any) -> Any:
    try:
        return shlex.split(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("a command in which every quote is closed") from None


KIB, MIB, GIB, TIB = (2**power for power in (10, 20, 30, 40))
_UNITS = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB, "TiB": TIB}


def _bytes(value: Any) -> int:
    match = re.fullmatch(r"([0-9]{1,15}) ?([KMGT]iB|B)", value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError("a whole number and its unit, such as 20 GiB (B, KiB, MiB, GiB, TiB)")
    return int(match[1]) * _UNITS[match[2]]


def written_size(size: int) -> str:
    """A number of bytes as it is written in a file: the greatest unit of which it is a whole number."""
    return next(f"{size // each} {unit}" for unit, each in reversed(_UNITS.items()) if size % each == 0)


def _stay_inside(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or str(path).startswith("-"):
        raise ValueError("a path inside the repository, such as deploy/production.yml")
    return value


def _own_folder(value: PurePosixPath) -> PurePosixPath:
    if not re.fullmatch(r"/[^:\r\n]+", str(value)) or len(value.parts) < 3 or ".." in value.parts:
        raise ValueError("an absolute folder of its own, such as /opt/shop/production")
    return PurePosixPath("/", *value.parts[1:])  # POSIX lets //opt be another folder than /opt; no server does


Argv = Annotated[tuple[str, ...], BeforeValidator(_split), Field(min_length=1)]
"""A command: a list of words, or one text that is split as a shell splits words. It is never given to a shell."""

Size = Annotated[int, BeforeValidator(_bytes)]
"""A number of bytes, written with its unit: `20 GiB`."""

RepositoryPath = Annotated[str, AfterValidator(_stay_inside)]
"""A path inside the repository's checkout, with forward slashes."""

ServerFolder = Annotated[PurePosixPath, AfterValidator(_own_folder)]
"""An absolute folder on a server; without a colon, which would end it where Docker mounts it."""

_NAME = r"[a-z][a-z0-9_]{0,39}"
_NAMED = "at most 40 lower-case letters, digits and underscores, of which the first is a letter"

Name = Annotated[str, matching(_NAME, _NAMED)]
"""A name that Dagster, Compose and file systems all take."""

AppName = Annotated[str, matching(_NAME, f"{_NAMED} (it is the file's name unless the file gives another)")]

EnvironmentVariable = Annotated[
    str, matching(r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name: letters, digits and underscores, no digit first")
]

Project = Annotated[
    str, matching(r"[a-z0-9][a-z0-9_-]*", "a compose project: lower-case letters, digits, dashes and underscores")
]
"""https://docs.docker.com/reference/compose-file/version-and-name/."""

Service = Annotated[str, matching(r"[A-Za-z0-9._][A-Za-z0-9._-]*", "the name of a service in the compose file")]

Branch = Annotated[str, matching(r"[^\s~^:?*\[\\-][^\s~^:?*\[\\]*", "a branch's name, such as main")]
"""https://git-scm.com/docs/git-check-ref-format, and no option."""

HostName = Annotated[
    str,
    matching(
        r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
        "a host name in lower case, such as shop.example.org",
    ),
]

UrlPath = Annotated[str, matching(r"/[A-Za-z0-9._~!$&()*+,;=:@%/?-]*", "the path of an address, such as /health")]

ImageName = Annotated[
    str,
    matching(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)+",
        "a name in a registry, in lower case and without a tag, such as registry.example.org/team/shop",
    ),
]
"""https://distribution.github.io/distribution/spec/api/, overview: repository names."""
