"""Execution: what a procedure has done so far."""

from dataclasses import dataclass, field
from typing import Any

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.server.journal import Notes

UNPROVED = "unproved"
"""The fact that says which tests fail of a release that ran before and serves again."""


@dataclass
class Execution:
    """What a procedure has done so far; grows while it runs. `token` is of the lock under which it runs."""

    steps: list[StepTiming] = field(default_factory=list)
    counts: dict[str, TestCounts] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    changed: bool = False
    token: str = ""
    notes: Notes = field(default_factory=Notes)
