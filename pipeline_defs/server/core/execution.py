"""Execution: what a procedure has done so far."""

from dataclasses import dataclass, field
from typing import Any

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.server.core.journal import Notes
from pipeline_defs.server.core.snapshot import Snapshot
from pipeline_defs.server.core.step import Step

UNPROVED = "unproved"
"""The fact that says which tests fail of a release that ran before and serves again."""

FAILED_HOOKS = "failed hooks"
"""The fact that says which hooks failed after the release was final."""


@dataclass
class Execution:
    """What a procedure has done so far; grows while it runs.

    Attributes:
        token: of the lock under which it runs.
        begun: the steps that were begun, also those of which that is only assumed.
        cut_off: the end of a step was not heard, or it was stopped: what it had asked of the Engine may still be done.
        before: what was true before anything was done; failed: what was true when something failed, before anything was undone,
            None where the server did not tell.
        last_words: what the containers said last when something failed, before anything was undone.
    """

    steps: list[StepTiming] = field(default_factory=list)
    counts: dict[str, TestCounts] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    begun: list[Step] = field(default_factory=list)
    cut_off: bool = False
    before: Snapshot | None = None
    failed: Snapshot | None = None
    last_words: str = ""
    token: str = ""
    notes: Notes = field(default_factory=Notes)
