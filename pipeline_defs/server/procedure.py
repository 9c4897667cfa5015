"""Procedure: a list of named steps with undo, and the one small runner that executes them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.junit import ResultsError, read_junit
from pipeline_defs.server.command import Command, Result, Runner, ServerError, command
from pipeline_defs.server.journal import append, journalled, log_path
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
    """

    name: str
    command: Command
    undo: Command | None = None
    timeout: float = QUICK_SECONDS
    changes: bool = False
    results: str | None = None
    counts: str | None = None
    learn: Callable[[str], Mapping[str, Any]] | None = None


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

    def __init__(self, site: Site, task: Task, server: Runner, execution: Execution) -> None:
        self.site, self.task, self.server, self.execution = site, task, server, execution
        self._log: list[str] = []

    def run(self, steps: list[Step], on_failure: Command | None = None) -> None:
        """Execute the steps in order.

        Args:
            steps: what to do; the undo of every step that was begun is executed in reverse order on a failure.
            on_failure: shows what is needed to understand it, before anything is undone.

        Raises:
            StepFailed: a step failed; what could be undone is undone.
        """
        begun: list[Step] = []
        try:
            for step in steps:
                begun.append(step)
                self._do(step)
        except BaseException as error:
            self._explain(on_failure, error)
            self._undo(begun)
            raise
        finally:
            self._flush()

    def _do(self, step: Step) -> None:
        self.execution.changed = self.execution.changed or step.changes
        self._line(f"{step.name}: {step.command.shown()}")
        start = time.monotonic()
        outcome = "failed"
        try:
            result = self.server.run(
                journalled(self.site, self.task, step.name, step.command), timeout=step.timeout, listen=self._listen
            )
            self._collect(step, result)
            if not result.ok:
                raise StepFailed(self._sentence(step, result))
            outcome = "done"
        finally:
            seconds = round(time.monotonic() - start, 3)
            self.execution.steps.append(StepTiming(step=step.name, seconds=seconds, outcome=outcome))
            self.task.say(f"{step.name}: {outcome} in {seconds:.1f} s")
            self._line(f"{step.name}: {outcome} in {seconds:.1f} s")
        self._flush()

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
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        return f"{self.site}, step {step.name}: {said[-1].strip() if said else f'exit status {result.status}'}"

    def _explain(self, on_failure: Command | None, error: BaseException) -> None:
        self._line(f"{type(error).__name__}: {error}")
        if on_failure is not None and isinstance(error, StepFailed):
            self._try(on_failure)

    def _undo(self, begun: list[Step]) -> None:
        for step in reversed(begun):
            if step.undo is not None:
                self._line(f"undo {step.name}: {step.undo.shown()}")
                undone = self._try(journalled(self.site, self.task, step.name, step.undo, undo=True))
                self.task.say(f"{step.name}: {'undone' if undone else 'could not be undone; the next run does it'}")

    def _try(self, wanted: Command) -> bool:
        """Execute something that must not hide the failure that led to it."""
        try:
            return self.server.run(wanted, timeout=QUICK_SECONDS, listen=self._listen).ok
        except ServerError as error:
            self._line(str(error))
            return False

    def _listen(self, line: str) -> None:
        self.task.listen(line)
        self._log.append(f"    {line}")

    def _line(self, text: str) -> None:
        self._log.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}  {text}")

    def _flush(self) -> None:
        """Bring the log to the server; what cannot be brought now goes with the next step."""
        if self._log:
            text = "".join(f"{line}\n" for line in self._log)
            if self._try_quietly(append(log_path(self.site, self.task), text)):
                self._log.clear()

    def _try_quietly(self, wanted: Command) -> bool:
        try:
            return self.server.run(wanted, timeout=QUICK_SECONDS).ok
        except ServerError:
            return False
