"""Counts: how many attempts and quarantined releases there are, for those who watch over Shipline."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """How many attempts of one kind (deploy, rollback, rehearsal) ended so in an environment; `newest` is the id of the newest."""

    app: str
    environment: str
    kind: str
    outcome: str
    number: int
    newest: str


@dataclass(frozen=True)
class Counts:
    """All attempts, and of each app and environment how many releases are quarantined there, without what was overtaken."""

    attempts: tuple[Count, ...]
    barred: Mapping[tuple[str, str], int]
