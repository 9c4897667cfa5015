"""Run follower: a run as it goes, stage by stage, until it ends."""

import time
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.status import Status
from rich.text import Text

from pipeline_defs.cli.cli_output import Failed, Output, plain
from pipeline_defs.cli.graphql_client import Client, NotRunning, RunState, reason
from pipeline_defs.release.duration import duration

SKIPPED = "skipped"
"""The label of the metadata of a stage that had nothing to do, as in `lineage/events.py`, which is slow to import."""

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0  # the web server may be started again meanwhile
_LINES_OF_A_FAILURE = 15


@dataclass
class Stage:
    """One step of a run: seconds and outcome are there once it ended (succeeded, failed or skipped).

    `reason` says why it was skipped, where it said so itself.
    """

    name: str
    seconds: float | None = None
    outcome: str = "running"
    error: str | None = None
    reason: str | None = None


@dataclass
class Story:
    """What happened in a run so far; built from its events, in their order."""

    app: str
    stages: dict[str, Stage] = field(default_factory=dict)
    error: str | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_OF_A_FAILURE))
    _begun: dict[str, float] = field(default_factory=dict)
    _not_started: str | None = None

    def take(self, event: dict[str, Any]) -> Stage | None:
        """Add one event; gives the stage that began or ended with it, None when none did."""
        kind, step = event["__typename"], event.get("stepKey")
        if kind == "RunFailureEvent":
            self.error = self.error or self._not_started or _sentence(event)
        elif kind == "EngineEvent" and event.get("error") and not self.stages:
            self._not_started = self._not_started or f"Dagster could not start the run: {_sentence(event)}"
        elif kind == "RunCanceledEvent" and event["message"].startswith("superseded"):
            self.error = event["message"]  # otherwise whoever stopped it knows
        elif kind == "LogMessageEvent" and event["level"] != "DEBUG":
            self.lines.extend(plain(event["message"]).splitlines())
        if step in self.stages and (why := _skipped(event)):
            self.stages[step].reason = why
        if not step or kind not in _KINDS:
            return None
        seconds = float(event["timestamp"]) / 1000
        if kind == "ExecutionStepStartEvent":
            self._begun[step] = seconds
            self.stages[step] = Stage(_stage_name(step, self.app))
            self.lines.clear()
        else:
            stage = self.stages.setdefault(step, Stage(_stage_name(step, self.app)))
            stage.outcome = "skipped" if stage.reason and kind == "ExecutionStepSuccessEvent" else _KINDS[kind]
            stage.seconds = round(seconds - self._begun.get(step, seconds), 1)
            if kind == "ExecutionStepFailureEvent":
                stage.error = _sentence(event)
                self.error = stage.error
        return self.stages[step]

    def running(self) -> str:
        """The names of the stages that run now."""
        return ", ".join(stage.name for stage in self.stages.values() if stage.outcome == "running")


_KINDS = {
    "ExecutionStepStartEvent": "running",
    "ExecutionStepSuccessEvent": "succeeded",
    "ExecutionStepFailureEvent": "failed",
    "ExecutionStepSkippedEvent": "skipped",
}
_MARKS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("-", "dim"), "running": ("…", "dim")}


class Follower:
    """Tells how one run goes, on a terminal with a moving line for what is being done now.

    A run that was lost and is made again is followed into the run that takes its place, whose id `run_id` is from then on.
    """

    def __init__(self, client: Client, run_id: str, app: str, output: Output, *, log: bool = False) -> None:
        """With `log` every line that the stages log is shown, otherwise only the last ones of a stage that fails."""
        self._client, self.run_id, self._output, self._log = client, run_id, output, log
        self._story = Story(app)
        self._cursor: str | None = None

    def until_the_end(self) -> dict[str, Any]:
        """Follow until the run ends, from where it was left. Gives run, url, status, seconds, stages and error as JSON data."""
        failed = False
        with _status(self._output) as status:
            while True:
                state, events, self._cursor = self._patiently_ask()
                for event in events:
                    self._tell(event, is_live=status is not None)
                # Whether a failed run is made again stands there a moment after its end.
                if state.is_over and not state.is_made_again and (failed or state.status != "FAILURE"):
                    break
                failed = state.status == "FAILURE"
                if state.again:
                    self._turn_to(state.again)
                if status is not None:
                    status.update(_now(state, self._story))
                time.sleep(_POLL_SECONDS)
        ended = self._ended(state)
        _show_end(ended, self._output)
        return ended

    def _patiently_ask(self) -> tuple[RunState, list[dict[str, Any]], str | None]:
        """Ask for what is new; a web server that is away for a moment is waited for."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._client.follow(self.run_id, self._cursor)
            except NotRunning:
                if time.monotonic() > deadline:
                    raise Failed(
                        f"Shipline has ended while run {self.run_id[:8]} was followed; start it with: shipline up, "
                        "and see what became of the run with: shipline status"
                    ) from None
                time.sleep(_POLL_SECONDS)

    def _tell(self, event: dict[str, Any], *, is_live: bool) -> None:
        stage = self._story.take(event)
        if self._log and event["__typename"] == "LogMessageEvent":
            self._output.say((f"    {plain(event['message'])}", "dim"))
        if stage is not None and not (is_live and stage.outcome == "running"):  # then the moving line says it
            show(stage, [] if self._log else list(self._story.lines), self._output)

    def _turn_to(self, again: str) -> None:
        lost = self._story.error or "it was lost"
        self._output.say(
            ("! ", "yellow"),
            f"{lost.rstrip('.')}; it is made again  run {again[:8]}  ",
            (self._client.run_url(again), "dim"),
        )
        self.run_id, self._cursor, self._story = again, None, Story(self._story.app)

    def _ended(self, state: RunState) -> dict[str, Any]:
        error = None if state.status == "SUCCESS" else self._story.error or f"the run was {state.status.lower()}"
        return {
            "run": self.run_id,
            "url": self._client.run_url(self.run_id),
            "status": state.status,
            "seconds": round(state.ended - state.started, 1) if state.ended and state.started else 0.0,
            "stages": [asdict(stage) for stage in self._story.stages.values()],
            "error": error,
        }


def _status(output: Output) -> AbstractContextManager[Status | None]:
    """The moving line; None where there is no terminal, or nothing but JSON is to be said."""
    if output.json or not output.console.is_terminal:
        return nullcontext()
    return output.console.status(Text("asking"), spinner="dots")


def _now(state: RunState, story: Story) -> Text:
    if state.is_made_again:
        return Text("it was lost, and is made again in a moment")
    if state.status in ("QUEUED", "NOT_STARTED"):
        return Text("queued: it starts when no other run changes the same environment")
    doing = story.running() or state.status.lower()
    said = story.lines[-1] if story.lines else ""
    return Text.assemble((doing, "bold"), "  ", (said[:100], "dim"))


def show(stage: Stage, lines: list[str], output: Output) -> None:
    """Tell how a stage ended; `lines` are what one that failed said last."""
    mark, style = _MARKS[stage.outcome]
    if stage.outcome == "skipped":
        why = f"skipped: {stage.reason}" if stage.reason else "skipped"
        output.say("  ", (mark, style), f" {stage.name:<28}", (f"{why:>12}", "dim"))
        return
    seconds = duration(stage.seconds) if stage.seconds is not None else ""
    output.say("  ", (mark, style), f" {stage.name:<28}", (f"{seconds:>12}", "dim"))
    if stage.outcome == "failed":
        for line in lines:
            output.say((f"      {line}", "dim"))
        output.say((f"      {stage.error}", "red"))


def _show_end(ended: dict[str, Any], output: Output) -> None:
    word = {"SUCCESS": "succeeded", "FAILURE": "failed", "CANCELED": "was stopped"}[ended["status"]]
    mark, style = _MARKS["succeeded" if ended["status"] == "SUCCESS" else "failed"]
    output.say((f"{mark} ", style), (f"{word} after {duration(ended['seconds'])}", "bold"))
    if ended["error"] and not any(stage["outcome"] == "failed" for stage in ended["stages"]):
        output.say((f"  {ended['error']}", "red"))  # otherwise the stage has said it


def _stage_name(step: str, app: str) -> str:
    """`shop_image.shop_build` is the stage `build` to people."""
    return step.rpartition(".")[2].removeprefix(f"{app}_")


def _skipped(event: dict[str, Any]) -> str | None:
    """Why a stage had nothing to do, as it says beside its output; None for all other events."""
    entries = event.get("metadataEntries") or ()
    return next((plain(entry.get("text") or "") for entry in entries if entry["label"] == SKIPPED), None)


def _sentence(event: dict[str, Any]) -> str:
    """Why a step failed, in the words of who raised it, without Dagster's frame around it."""
    described = (event.get("failureMetadata") or {}).get("description")
    if described:
        return plain(described).strip()
    return reason(event.get("error") or {})
