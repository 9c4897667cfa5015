"""Step here: a step that is executed on the machine that runs Shipline, and journalled on the server like any other."""

import time
from collections import deque

from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result, Runner, ServerError
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.journal import noted
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import QUICK_SECONDS, Step
from pipeline_defs.server.core.step_output import Follower
from pipeline_defs.server.core.task import Task

_LAST_LINES = 50
_TIMED_OUT = 124  # as timeout(1) has it


def execute_here(step: Step, site: Site, task: Task, server: Runner, token: str, follower: Follower) -> Result:
    """Execute a step on this machine, and give its result.

    It begins only once the server's journal says so. Raises ServerError where the journal cannot be written, or the lock is lost.
    """
    assert task.here is not None
    heard: deque[tuple[float, str]] = deque(maxlen=_LAST_LINES)
    began, state = time.monotonic(), "failed"

    def listen(line: str) -> None:
        heard.append((time.monotonic(), line))
        follower.says(line)

    _note(site, server, noted(site, task, step.name, "doing", token=token, does=step.command.shown()))
    follower.begins(step)
    try:
        result = _result(step, task.here, listen)
        state = "done" if result.ok else state
    finally:
        follower.ends(step, round(time.monotonic() - began, 3), state, list(heard))
        _note(site, server, noted(site, task, step.name, state, token=token))
    return result


def _result(step: Step, here: Runner, listen: Listener) -> Result:
    try:
        return here.run(step.command, timeout=step.timeout, listen=listen)
    except CommandTimeout:
        return Result(_TIMED_OUT, "", f"it did not end within {step.timeout:g} s and was stopped", step.timeout)


def _note(site: Site, server: Runner, note: Command) -> None:
    result = server.run(note, timeout=QUICK_SECONDS)
    if not result.ok:
        raise ServerError(f"{site}, {note.shown()}: the journal cannot be written: {why(result)}")
