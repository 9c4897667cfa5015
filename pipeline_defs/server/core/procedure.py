"""Procedure: a list of named steps with undo, and the one small runner that executes them."""

import time
from collections.abc import Iterator

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.junit import ResultsError, read_junit
from pipeline_defs.release.migrations import read_migrations
from pipeline_defs.server.core.chain import Chain, Link, Part
from pipeline_defs.server.core.command import Command, CommandTimeout, Result, Runner, ServerError, command
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.journal import journal_path, journalled, marks, steps_in
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import UNFINISHED, take_snapshot
from pipeline_defs.server.core.step import QUICK_SECONDS, Step
from pipeline_defs.server.core.step_here import execute_here
from pipeline_defs.server.core.step_output import StepOutput
from pipeline_defs.server.core.task import Task

_SPARE_SECONDS = 60
_LAST_LINES, _LONGEST_LINE = 30, 200
_STOPPED = (124, 137)
"""Exit statuses of a step that was stopped, because it took too long."""


class StepFailed(ServerError):
    """A step ended with a failure; the message names the site and the step and says what was found."""


class Procedure:
    """Executes steps on one site: journals, streams, times, and undoes what is not final when a step fails or the run is interrupted.

    As many steps as can be go to the server in one round trip.
    """

    def __init__(
        self, site: Site, task: Task, server: Runner, execution: Execution, on_failure: Command | None = None
    ) -> None:
        """`on_failure` shows what is needed to understand a failure, before anything is undone."""
        self.site, self.task, self.server, self.execution, self.on_failure = site, task, server, execution, on_failure
        self._begun: list[Step] = []

    def run(self, steps: list[Step]) -> None:
        """Execute the steps in order. On a failure the undo of every step that was begun is executed, the last one first.

        Raises:
            StepFailed: a step failed; what could be undone is undone, also what earlier calls began.
        """
        try:
            self._execute(steps)
        except BaseException as error:
            self._explain(error)
            self.undo()
            raise

    def attempt(self, steps: list[Step]) -> StepFailed | None:
        """Execute steps that may fail: the failure is given back and nothing is undone. Only an interruption undoes."""
        try:
            self._execute(steps)
        except StepFailed as error:
            self._explain(error)
            return error
        except BaseException:
            self.undo()
            raise
        return None

    def undo(self) -> None:
        """Take back what was begun and is not taken back yet, the last one first."""
        while self._begun:
            step = self._begun.pop()
            if step.undo is not None:
                self.execution.notes.add(f"undo {step.name}: {step.undo.shown()}")
                seconds = max(QUICK_SECONDS, step.timeout)
                undone = self._try(self._journalled(step, step.undo, seconds, undoes=True), seconds)
                self.task.say(f"{step.name}: {'undone' if undone else 'could not be undone; the next run does it'}")

    def _execute(self, steps: list[Step]) -> None:
        seconds = self.site.config.timeout
        for together in _together([step.within(seconds) for step in steps]):
            if together[0].here:
                self._do_here(together[0])
            else:
                self._send(together)

    def _do_here(self, step: Step) -> None:
        """Execute a step on this machine. Raises StepFailed."""
        result = execute_here(step, self.site, self.task, self.server, self.execution.token, self)
        if not result.ok:
            raise StepFailed(self._sentence(step, result))

    def _send(self, steps: list[Step]) -> None:
        """Execute steps in one round trip. The last one that begins may have failed, or be refused for what it said."""
        notes = self.execution.notes.links(self.site, self.task)
        links = [
            Link(
                step.name,
                self._journalled(step, step.command, step.timeout),
                step.results or "",
                step.runs_with_previous,
            )
            for step in steps
        ]
        chain = Chain([*notes, *links], marks(self.site, self.task))
        self.execution.notes.clear()
        hearing = StepOutput(chain, steps, self)
        timeout = sum(step.timeout for step in steps) + _SPARE_SECONDS
        try:
            result = self.server.run(chain.command, timeout=timeout, listen=hearing)
        except BaseException as error:
            self.execution.cut_off = True
            hearing.breaks_off()
            self._begun_unheard(steps)
            if isinstance(error, CommandTimeout):
                at = chain.current or links[0].name
                raise CommandTimeout(f"{self.site}, step {at}: the server said no more within {timeout:g} s") from None
            raise
        hearing.is_over()
        parts = chain.parts(result)[len(notes) :]
        failure: StepFailed | None = None
        for step, part in zip(steps, parts, strict=False):
            try:
                self._collect(step, part, hearing)
            except StepFailed as error:  # what ran beside it has told something all the same
                failure = failure or error
        if failure:
            raise failure
        if len(parts) < len(steps) and (not parts or parts[-1].result.ok):
            self.execution.cut_off = True
            hearing.breaks_off()
            raise StepFailed(self._sentence(steps[len(parts)], result))

    def _journalled(self, step: Step, command: Command, seconds: float, *, undoes: bool = False) -> Command:
        undo = step.undo.shown() if step.undo and not undoes else ""
        token = self.execution.token
        return journalled(
            self.site, self.task, step.name, command, seconds=seconds, token=token, undoes=undoes, undo=undo
        )

    def begins(self, step: Step) -> None:
        """A step begins on the server."""
        self._begin(step)
        self.execution.notes.add(f"{step.name}: {step.command.shown()}")

    def says(self, line: str) -> None:
        """A line of a command's output."""
        self.task.listen(line)
        self.execution.notes.hear(line)

    def ends(self, step: Step, seconds: float, outcome: str, heard: list[tuple[float, str]]) -> None:
        """A step has ended there."""
        if step.migrates:
            self.execution.facts["migrations"] = read_migrations(heard, time.monotonic())
        self.execution.steps.append(StepTiming(step=str(step.name), seconds=seconds, outcome=outcome))
        self.task.say(f"{step.name}: {outcome} in {seconds:.1f} s")
        self.execution.notes.add(f"{step.name}: {outcome} in {seconds:.1f} s")
        self.execution.notes.say(self.task, step.name, seconds, [line for _, line in heard])

    def _begun_unheard(self, steps: list[Step]) -> None:
        """The server may be further than what was heard of it: its journal knows; where it cannot be asked, all may have begun."""
        try:
            told = self.server.run(command("cat", journal_path(self.site, self.task)), timeout=QUICK_SECONDS)
            begun = steps_in(told.stdout) if told.ok else set()
        except (ServerError, ValueError):
            begun = {step.name for step in steps}
        for step in steps:
            if step.name in begun and step not in self._begun:
                self._begin(step)

    def _begin(self, step: Step) -> None:
        self._begun.append(step)
        self.execution.begun.append(step)

    def _collect(self, step: Step, part: Part, hearing: "StepOutput") -> None:
        """Learn what a step that ended said. Raises StepFailed when it failed or may not be gone on from."""
        try:
            if step.learn:
                self.execution.facts.update(step.learn(part.result.stdout))
            counts = None
            if step.counts and part.file is not None:
                counts = self._counts(step, part.file)
                earlier = self.execution.counts.get(step.counts)
                self.execution.counts[step.counts] = earlier + counts if earlier else counts
                self.task.say(f"{step.name}: {counts}")
            if not part.result.ok:
                self.execution.cut_off = self.execution.cut_off or part.result.status in _STOPPED
                raise StepFailed(self._sentence(step, part.result))
            said = part.result
            refusal = step.check(said.stdout) if step.check else None
            refusal = refusal or (step.judge(counts, f"{said.stdout}\n{said.stderr}") if step.judge else None)
            if refusal:
                raise StepFailed(f"{self.site}, step {step.name}: {refusal}")
        except BaseException:
            hearing.fails(step)
            raise
        hearing.succeeds(step)

    def _counts(self, step: Step, text: str) -> TestCounts:
        try:
            return read_junit(text, step.name)
        except ResultsError as error:
            raise StepFailed(f"{self.site}, step {step.name}: {error}") from error

    def _sentence(self, step: Step, result: Result) -> str:
        counts = self.execution.counts.get(step.counts or "")
        return f"{self.site}, step {step.name}: {why(result, counts)}"

    def _explain(self, error: BaseException) -> None:
        self.execution.notes.add(f"{type(error).__name__}: {error}")
        if self.execution.before is not None:
            self.execution.failed = take_snapshot(self.site, self.server, UNFINISHED)
        if self.on_failure is not None and isinstance(error, StepFailed):
            self.execution.last_words = _last(self._heard(self.on_failure))

    def _heard(self, wanted: Command) -> str:
        """What a question is answered that must not hide the failure that led to it."""
        try:
            return self.server.run(wanted, timeout=QUICK_SECONDS, listen=self.says).stdout
        except ServerError as error:
            self.execution.notes.add(str(error))
            return ""

    def _try(self, wanted: Command, timeout: float = QUICK_SECONDS) -> bool:
        """Execute something that must not hide the failure that led to it."""
        try:
            return self.server.run(wanted, timeout=timeout, listen=self.says).ok
        except ServerError as error:
            self.execution.notes.add(str(error))
            return False


def _last(said: str) -> str:
    """The last lines, each as far as a person reads it."""
    lines = [line.rstrip()[:_LONGEST_LINE] for line in said.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])


def _together(steps: list[Step]) -> Iterator[list[Step]]:
    """The steps of each round trip: what is decided here comes last in its own, or before what only looks, and what is secret, or
    executed on this machine, is apart from the rest.
    """
    group: list[Step] = []
    for step in steps:
        if group and not step.runs_with_previous and _apart(group, step):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _apart(group: list[Step], step: Step) -> bool:
    """Whether a step begins another round trip than those before it."""
    last = group[-1]
    decided = any(each.decides for each in group) and not step.only_looks
    return decided or last.secret != step.secret or last.here or step.here
