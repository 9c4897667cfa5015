"""Journal: what a procedure is about to do and what came of it, written on the server before and after each step."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline_defs.server.core.bounded_output import Bounded
from pipeline_defs.server.core.chain import Link
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task

# The intent is on the disk before the step begins, the outcome before its end is reported. Who lost the lock changes nothing more.
_JOURNALLED = """
journal=$1 task=$2 step=$3 doing=$4 more=$5 lock=$6 token=$7 seconds=$8; shift 8
[ -z "$token" ] || [ "$(cat "$lock.token" 2>/dev/null)" = "$token" ] || {
  echo "another run has taken over the lock $lock" >&2; exit 75; }
note() {
  printf '{"at":"%s","task":"%s","step":"%s","state":"%s"%s}\\n' \\
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$task" "$step" "$1" "${2-}" >>"$journal"
  sync "$journal"
}
note "$doing" "$more"
status=0; timeout -k 10 "$seconds" "$@" || status=$?
if [ $status -eq 0 ]; then note "${doing%ing}ne"; else note failed; fi
[ $status -ne 124 ] || echo "it did not end within $seconds s and was stopped" >&2
exit $status
"""

# What is executed elsewhere is noted in the same way, and refused to whoever lost the lock.
_NOTED = """
journal=$1 task=$2 step=$3 state=$4 more=$5 lock=$6 token=$7
[ -z "$token" ] || [ "$(cat "$lock.token" 2>/dev/null)" = "$token" ] || {
  echo "another run has taken over the lock $lock" >&2; exit 75; }
printf '{"at":"%s","task":"%s","step":"%s","state":"%s"%s}\\n' \\
  "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$task" "$step" "$state" "$more" >>"$journal"
sync "$journal"
"""

_APPEND = 'umask 077; cat >>"$1"'
MOST_OUTPUT = 4 * 2**20
"""Bytes of what steps say in the log for people: one half from the beginning, and of each step the end of what would be too much."""

TEMPORARY = "tmp"
"""The site's folder for what a task needs for a moment, as a log-in. It is there, and private, for as long as the lock is held."""

_LINES = 20
_COMPACT = (",", ":")


def journal_path(site: Site, task: Task) -> str:
    """The task's journal: one JSON object a line with at, task, step and state (doing, done, undoing, undone, failed).

    What a step is about to do has `does` and, if it can be taken back, `undo` besides. A line with the state "said" follows
    later, with seconds and the last lines of its output.
    """
    return site.path("journal", f"{task.id}.jsonl")


def log_path(site: Site, task: Task) -> str:
    """The task's log for people, beside the journal for machines."""
    return site.path("logs", f"{task.timestamp}_{site.environment}.log")


def marks(site: Site, task: Task) -> Mapping[str, str]:
    """Environment variables by which all that a task runs on the server, and its temporary files, are found after its run has died."""
    return {"SHIPLINE_SITE": site.path(), "SHIPLINE_TASK": task.id, "TMPDIR": site.path(TEMPORARY)}


def steps_in(journal: str) -> set[str]:
    """The steps that a journal's lines are about. Raises ValueError where one is not a journal's."""
    try:
        return {str(json.loads(line)["step"]) for line in journal.splitlines()}
    except (KeyError, TypeError, RecursionError):
        raise ValueError("a line of the journal says nothing of a step") from None


def journalled(
    site: Site,
    task: Task,
    step: str,
    command: Command,
    *,
    seconds: float,
    token: str = "",
    undoes: bool = False,
    undo: str = "",
) -> Command:
    """The command with its intent and outcome journalled, in the same round trip.

    Args:
        seconds: after which it is stopped, with the status 124.
        token: of the lock under which it may be executed; empty where there is none.
        undoes: it takes the step back.
        undo: what would take it back, in words.
    """
    settings = (
        ("env", *(f"{name}={value}" for name, value in command.environment.items())) if command.environment else ()
    )
    intent = {"does": command.shown(), **({"undo": undo} if undo else {})}
    more = f",{json.dumps(intent, separators=_COMPACT)[1:-1]}"
    words = (journal_path(site, task), task.id, step, "undoing" if undoes else "doing", more)
    under = (site.path("lock"), token, f"{seconds:g}")
    called = script(_JOURNALLED, *words, *under, *settings, *command.argv)
    return Command(called.argv, stdin=command.stdin, environment=marks(site, task), says=command.shown())


def noted(site: Site, task: Task, step: str, state: str, *, token: str, does: str = "") -> Command:
    """Note in the journal that a step that is executed elsewhere is being done, is done or has failed."""
    more = f",{json.dumps({'does': does}, separators=_COMPACT)[1:-1]}" if does else ""
    words = (journal_path(site, task), task.id, step, state, more, site.path("lock"), token)
    return replace(script(_NOTED, *words, says=f"{step}: {state}"), environment=marks(site, task))


@dataclass
class Notes:
    """What is still to be written on the server: lines of the log for people, and the journal's lines about what steps said."""

    lines: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._output = Bounded(lambda line: self.lines.append(f"    {line}"), MOST_OUTPUT)

    def add(self, text: str) -> None:
        """A line of the log, with the time."""
        self._output.close()
        self.lines.append(f"{_now()}  {text}")

    def hear(self, line: str) -> None:
        """A line of a step's output, of which so much is written as the bound allows."""
        self._output(line)

    def say(self, task: Task, step: str, seconds: float, lines: Sequence[str]) -> None:
        """A line of the journal about what a step said: its seconds and the last lines of its output."""
        entry = {"at": _now(), "task": task.id, "step": step, "state": "said", "seconds": seconds, "output": lines[-_LINES:]}  # fmt: skip
        self.said.append(json.dumps(entry, separators=_COMPACT))

    def links(self, site: Site, task: Task) -> list[Link]:
        """Write all of it; only its owner may read it."""
        self._output.close()
        texts = {"log": (log_path(site, task), self.lines), "journal": (journal_path(site, task), self.said)}
        return [
            Link(
                f"note in the {name}",
                script(_APPEND, path, stdin="".join(f"{line}\n" for line in lines), says=f"append to {path}"),
            )
            for name, (path, lines) in texts.items()
            if lines
        ]

    def clear(self) -> None:
        """It is written."""
        self.lines.clear()
        self.said.clear()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
