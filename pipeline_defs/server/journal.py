"""Journal: what a procedure is about to do and what came of it, written on the server before and after each step."""

import json
import time
from collections.abc import Sequence

from pipeline_defs.server.command import Command, script
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task

# The intent is on the disk before the step begins, the outcome before its end is reported.
_JOURNALLED = """
journal=$1 task=$2 step=$3 doing=$4 more=$5; shift 5
note() {
  printf '{"at":"%s","task":"%s","step":"%s","state":"%s"%s}\\n' \\
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$task" "$step" "$1" "${2-}" >>"$journal"
  sync "$journal"
}
note "$doing" "$more"
status=0; "$@" || status=$?
if [ $status -eq 0 ]; then note "${doing%ing}ne"; else note failed; fi
exit $status
"""

_TELL = 'umask 077; cat >>"$1"; [ -z "$3" ] || printf "%s\\n" "$3" >>"$2"'
_LINES = 20
_COMPACT = (",", ":")


def journal_path(site: Site, task: Task) -> str:
    """The task's journal: one JSON object a line with at, task, step and state (doing, done, undoing, undone, failed).

    What a step is about to do has `does` and, if it can be taken back, `undo` besides. A line with the state "said" follows its
    end, with seconds and the last lines of its output.
    """
    return site.path("journal", f"{task.id}.jsonl")


def log_path(site: Site, task: Task) -> str:
    """The task's log for people, beside the journal for machines."""
    return site.path("logs", f"{task.timestamp}_{site.environment}.log")


def journalled(site: Site, task: Task, step: str, command: Command, *, undoes: bool = False, undo: str = "") -> Command:
    """The command with its intent and outcome journalled, in the same round trip.

    Args:
        undoes: it takes the step back.
        undo: what would take it back, in words.
    """
    settings = (
        ("env", *(f"{name}={value}" for name, value in command.environment.items())) if command.environment else ()
    )
    intent = {"does": command.shown(), **({"undo": undo} if undo else {})}
    more = f",{json.dumps(intent, separators=_COMPACT)[1:-1]}"
    words = (journal_path(site, task), task.id, step, "undoing" if undoes else "doing", more, *settings, *command.argv)
    marked = {
        "SHIPLINE_SITE": site.path(),
        "SHIPLINE_TASK": task.id,
    }  # by which lock.py finds what a killed run left running
    return Command(script(_JOURNALLED, *words).argv, stdin=command.stdin, environment=marked, says=command.shown())


def said(task: Task, step: str, seconds: float, lines: Sequence[str]) -> str:
    """The journal's line about what a step said: its seconds and the last lines of its output."""
    entry = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "task": task.id,
        "step": step,
        "state": "said",
        "seconds": seconds,
        "output": lines[-_LINES:],
    }
    return json.dumps(entry, separators=_COMPACT)


def tell(site: Site, task: Task, log: str, journal: str = "") -> Command:
    """Add text to the log for people, and a line to the journal; only their owner reads them."""
    words = (log_path(site, task), journal_path(site, task), journal)
    return script(_TELL, *words, stdin=log, says=f"append to {log_path(site, task)}")
