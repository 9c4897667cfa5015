"""Step: one named act on a server, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.step_name import StepName, StepTitle
from pipeline_defs.server.core.command import Command

QUICK_SECONDS = 120
LONG_SECONDS = 1800
"""Of a step that may take long, unless its environment's `timeout` says otherwise."""


@dataclass(frozen=True)
class Step:
    """One named act on the server.

    Attributes:
        name: one or two words, the same in journal, log, UI and plan.
        command: what is executed; it may be repeated without harm.
        undo: what takes it back, for as long as the procedure is not final.
        timeout: seconds it may take.
        writes: programs of the app run in it, which may write to its database. Whether they did is asked of the database, as far as
            it tells.
        results: a JUnit file on the server that the step leaves behind, passed or not.
        counts: the name under which its counts are kept: tests or e2e.
        judge: looks at the counts, None where there are none, and the output, and says why the tests prove nothing; None where they do.
        learn: reads facts out of the step's output.
        migrates: the step's lines tell of migrations, which are timed one by one.
        secret: its output is not shown, kept or logged, because it may hold settings in any disguise.
        check: looks at the output and says why the procedure may not go on; None where it may.
        only_looks: it changes nothing, so it may be executed before it is known what the step before it decides.
        runs_with_previous: it changes nothing and needs nothing of the step before it, beside which it runs; its
            seconds are those it takes longer.
        here: it is executed on the machine that runs Shipline, and not on the server.
    """

    name: StepName | StepTitle
    command: Command
    undo: Command | None = None
    timeout: float = QUICK_SECONDS
    writes: bool = False
    results: str | None = None
    counts: str | None = None
    judge: Callable[[TestCounts | None, str], str | None] | None = None
    learn: Callable[[str], Mapping[str, Any]] | None = None
    migrates: bool = False
    secret: bool = False
    check: Callable[[str], str | None] | None = None
    only_looks: bool = False
    runs_with_previous: bool = False
    here: bool = False

    def within(self, seconds: float) -> "Step":
        """The step as its environment has it: one that may take long has so many seconds."""
        return replace(self, timeout=seconds) if self.timeout == LONG_SECONDS else self

    @property
    def decides(self) -> bool:
        """Whether what it said has to be looked at before it is known whether it succeeded."""
        return self.check is not None or self.counts is not None
