"""Procedure: a list of named steps with undo, and the one small runner that executes them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.junit import ResultsError, read_junit
from pipeline_defs.release.migrations import read_migrations
from pipeline_defs.server.command import Command, Result, Runner, ServerError, command
from pipeline_defs.server.journal import journalled, said, tell
from pipeline_defs.server.reason import reason
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task

QUICK_SECONDS = 120
LONG_SECONDS = 1800


@dataclass(frozen=True)
class Step:
    """One named act on the server.

    Attributes:
        name: one or two words, the same in journal, log, UI and plan.
        command: what is executed; it may be repeated without harm.
        undo: what takes it back, for as long as the procedure is not final.
        timeout: seconds it may take.
        changes: whether something that serves people is touched from here on.
        results: a JUnit file on the server that the step leaves behind, passed or not.
        counts: the name under which its counts are kept: tests or e2e.
        learn: reads facts out of the step's output.
        migrates: the step's lines tell of migrations, which are timed one by one.
        secret: its output is not shown, kept or logged, because it may hold settings in any disguise.
        check: looks at the output and says why the procedure may not go on; None where it may.
    """

    name: str
    command: Command
    undo: Command | None = None
    timeout: float = QUICK_SECONDS
    changes: bool = False
    results: str | None = None
    counts: str | None = None
    learn: Callable[[str], Mapping[str, Any]] | None = None
    migrates: bool = False
    secret: bool = False
    check: Callable[[str], str | None] | None = None


class StepFailed(ServerError):
    """A step ended with a failure; the message names the site and the step and says what was found."""


@dataclass
class Execution:
    """What a procedure has done so far; grows while it runs."""

    steps: list[StepTiming] = field(default_factory=list)
    counts: dict[str, TestCounts] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    changed: bool = False


class Procedure:
    """Executes steps on one site: journals, streams, times, and undoes what is not final when a step fails or the run is interrupted."""

    def __init__(
        self, site: Site, task: Task, server: Runner, execution: Execution, on_failure: Command | None = None
    ) -> None:
        """`on_failure` shows what is needed to understand a failure, before anything is undone."""
        self.site, self.task, self.server, self.execution, self.on_failure = site, task, server, execution, on_failure
        self._begun: list[Step] = []
        self._log: list[str] = []
        self._heard: list[tuple[float, str]] = []
        self._told = ""

    def run(self, steps: list[Step]) -> None:
        """Execute the steps in order. On a failure the undo of every step that was begun is executed, the last one first.

        Raises:
            StepFailed: a step failed; what could be undone is undone, also what earlier calls began.
        """
        try:
            for step in steps:
                self._begin(step)
        except BaseException as error:
            self._explain(error)
            self.undo()
            raise
        finally:
            self._flush()

    def attempt(self, steps: list[Step]) -> StepFailed | None:
        """Execute steps that may fail: the failure is given back and nothing is undone. Only an interruption undoes."""
        try:
            for step in steps:
                self._begin(step)
        except StepFailed as error:
            self._explain(error)
            return error
        except BaseException:
            self.undo()
            raise
        finally:
            self._flush()
        return None

    def undo(self) -> None:
        """Take back what was begun and is not taken back yet, the last one first."""
        while self._begun:
            step = self._begun.pop()
            if step.undo is not None:
                self._line(f"undo {step.name}: {step.undo.shown()}")
                undo = journalled(self.site, self.task, step.name, step.undo, undoes=True)
                undone = self._try(undo, max(QUICK_SECONDS, step.timeout))
                self.task.say(f"{step.name}: {'undone' if undone else 'could not be undone; the next run does it'}")

    def _begin(self, step: Step) -> None:
        self._begun.append(step)
        self.execution.changed = self.execution.changed or step.changes
        self._line(f"{step.name}: {step.command.shown()}")
        start = time.monotonic()
        self._heard = []
        outcome = "failed"
        try:
            self._do(step)
            outcome = "done"
        finally:
            seconds = round(time.monotonic() - start, 3)
            if step.migrates:
                self.execution.facts["migrations"] = read_migrations(self._heard, time.monotonic())
            self.execution.steps.append(StepTiming(step=step.name, seconds=seconds, outcome=outcome))
            self.task.say(f"{step.name}: {outcome} in {seconds:.1f} s")
            self._line(f"{step.name}: {outcome} in {seconds:.1f} s")
            self._told = said(self.task, step.name, seconds, [line for _, line in self._heard])
        self._flush()

    def _do(self, step: Step) -> None:
        undo = step.undo.shown() if step.undo else ""
        wanted = journalled(self.site, self.task, step.name, step.command, undo=undo)
        result = self.server.run(wanted, timeout=step.timeout, listen=None if step.secret else self._listen)
        self._collect(step, result)
        if not result.ok:
            raise StepFailed(self._sentence(step, result))
        refusal = step.check(result.stdout) if step.check else None
        if refusal:
            raise StepFailed(f"{self.site}, step {step.name}: {refusal}")

    def _collect(self, step: Step, result: Result) -> None:
        if step.learn:
            self.execution.facts.update(step.learn(result.stdout))
        if step.results and step.counts:
            found = self.server.run(command("cat", step.results), timeout=QUICK_SECONDS)
            if found.ok:
                counts = self._counts(step, found.stdout)
                earlier = self.execution.counts.get(step.counts)
                self.execution.counts[step.counts] = earlier + counts if earlier else counts
                self.task.say(f"{step.name}: {counts}")

    def _counts(self, step: Step, text: str) -> TestCounts:
        try:
            return read_junit(text, step.name)
        except ResultsError as error:
            raise StepFailed(f"{self.site}, step {step.name}: {error}") from error

    def _sentence(self, step: Step, result: Result) -> str:
        counts = self.execution.counts.get(step.counts or "")
        if counts and counts.failed:
            first = counts.failed[0]
            bad = counts.failures + counts.errors
            where = f"{self.site}, step {step.name}"
            return f"{where}: {bad} of {counts.tests} failed, first {first.name}: {first.message.partition(chr(10))[0]}"
        if "No space left on device" in result.stdout + result.stderr:
            return f"{self.site}, step {step.name}: the server's disk is full; free some room there and run again"
        why = reason(result.stderr) or reason(result.stdout) or f"exit status {result.status}"
        return f"{self.site}, step {step.name}: {why}"

    def _explain(self, error: BaseException) -> None:
        self._line(f"{type(error).__name__}: {error}")
        if self.on_failure is not None and isinstance(error, StepFailed):
            self._try(self.on_failure)

    def _try(self, wanted: Command, timeout: float = QUICK_SECONDS) -> bool:
        """Execute something that must not hide the failure that led to it."""
        try:
            return self.server.run(wanted, timeout=timeout, listen=self._listen).ok
        except ServerError as error:
            self._line(str(error))
            return False

    def _listen(self, line: str) -> None:
        self.task.listen(line)
        self._heard.append((time.monotonic(), line))
        self._log.append(f"    {line}")

    def _line(self, text: str) -> None:
        self._log.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}  {text}")

    def _flush(self) -> None:
        """Bring log and journal to the server; what of the log cannot be brought now goes with the next step."""
        if self._log:
            text = "".join(f"{line}\n" for line in self._log)
            if self._try_quietly(tell(self.site, self.task, text, self._told)):
                self._log.clear()
                self._told = ""

    def _try_quietly(self, wanted: Command) -> bool:
        try:
            return self.server.run(wanted, timeout=QUICK_SECONDS).ok
        except ServerError:
            return False
