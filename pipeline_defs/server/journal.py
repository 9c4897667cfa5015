"""Journal: what a procedure is about to do and what came of it, written on the server before and after each step."""

from pipeline_defs.server.command import Command, script
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task

# The intent is on the disk before the step begins, the outcome before its end is reported.
_JOURNALLED = """
journal=$1 task=$2 step=$3 doing=$4; shift 4
note() {
  printf '{"at":"%s","task":"%s","step":"%s","state":"%s"}\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$task" "$step" "$1" >>"$journal"
  sync "$journal"
}
note "$doing"
status=0; "$@" || status=$?
if [ $status -eq 0 ]; then note "${doing%ing}ne"; else note failed; fi
exit $status
"""

_APPEND = 'umask 077; cat >>"$1"'


def journal_path(site: Site, task: Task) -> str:
    """The task's journal: one JSON object a line with at, task, step and state (doing, done, undoing, undone, failed)."""
    return site.path("journal", f"{task.id}.jsonl")


def log_path(site: Site, task: Task) -> str:
    """The task's log for people, beside the journal for machines."""
    return site.path("logs", f"{task.timestamp}_{site.environment}.log")


def journalled(site: Site, task: Task, step: str, command: Command, *, undo: bool = False) -> Command:
    """The command with its intent and outcome journalled, in the same round trip."""
    settings = (
        ("env", *(f"{name}={value}" for name, value in command.environment.items())) if command.environment else ()
    )
    words = (journal_path(site, task), task.id, step, "undoing" if undo else "doing", *settings, *command.argv)
    return script(_JOURNALLED, *words, stdin=command.stdin, says=command.shown())


def append(path: str, text: str) -> Command:
    """Add text to a file that only its owner reads."""
    return script(_APPEND, path, stdin=text, says=f"append to {path}")
