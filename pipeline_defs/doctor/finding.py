"""Finding: one thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: with something BROKEN a run fails, a WARNING says that it may."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        about: whose it is, such as `shop` or `root@shop.example.org:22`.
        what: what was looked at, such as "disk".
        says: what was found; remedy: what to do, empty where all is well.
    """

    about: str
    what: str
    level: Level
    says: str
    remedy: str = ""


def good(about: str, what: str, says: str) -> Finding:
    """All is well."""
    return Finding(about, what, Level.OK, says)


def warning(about: str, what: str, says: str, remedy: str) -> Finding:
    """It works, and may not for long."""
    return Finding(about, what, Level.WARNING, says, remedy)


def broken(about: str, what: str, error: object, remedy: str = "") -> Finding:
    """What an error says: its sentence names what failed, and after a semicolon what to do; else `remedy` does."""
    says, _, said = str(error).partition("; ")
    return Finding(about, what, Level.BROKEN, says, said or remedy)
