"""Command table: which function is behind each command. A module is imported when its command is given, or when all are shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

_ROOM = "pipeline_defs.cli"


@dataclass(frozen=True)
class Entry:
    """A command: its words, and the module with its function and, under the name `example`, an example for its help."""

    words: str
    module: str
    function: str = ""
    example: str = "EXAMPLE"

    @property
    def group(self) -> str:
        """The first word of two, empty for a command of one word."""
        first, _, rest = self.words.partition(" ")
        return first if rest else ""

    def add_to(self, place: typer.Typer) -> None:
        """Import the module, and register the function."""
        name = self.words.rpartition(" ")[2]
        module: Any = import_module(f"{_ROOM}.{self.module}")
        place.command(name, epilog=getattr(module, self.example))(getattr(module, self.function or name))


GROUPS = {
    "run": ("Launch a run of any job through the queue of a running Shipline and follow it.", "deploy"),
    "freeze": ("Windows in which nothing is deployed by itself.", "freeze list"),
    "maintenance": ("A page for people while an app must not be used.", "maintenance on"),
    "quarantine": ("Releases that an environment shall not get again.", "quarantine lift"),
}
"""What the help says of each group, and the command whose example it shows."""

ENTRIES = (
    Entry("init", "init_command"),
    Entry("check", "check_command"),
    Entry("doctor", "doctor_command"),
    Entry("adopt", "adopt_command"),
    Entry("trust-host", "trust_host_command", "trust_host"),
    Entry("up", "up_command", example="UP_EXAMPLE"),
    Entry("down", "up_command", example="DOWN_EXAMPLE"),
    Entry("env", "up_command", example="ENV_EXAMPLE"),
    Entry("backup", "backups_command", example="BACKUP_EXAMPLE"),
    Entry("restore", "backups_command", example="RESTORE_EXAMPLE"),
    Entry("upgrade", "backups_command", example="UPGRADE_EXAMPLE"),
    Entry("webhooks", "webhooks_command"),
    Entry("observe", "observe_command"),
    Entry("run integrate", "run_command", example="INTEGRATE_EXAMPLE"),
    Entry("run stage", "run_command", example="STAGE_EXAMPLE"),
    Entry("run deploy", "run_command", example="DEPLOY_EXAMPLE"),
    Entry("run rollback", "run_command", example="ROLLBACK_EXAMPLE"),
    Entry("deploy", "run_command", example="DEPLOY_EXAMPLE"),
    Entry("rollback", "run_command", example="ROLLBACK_EXAMPLE"),
    Entry("cancel", "cancel_command"),
    Entry("rerun", "rerun_command"),
    Entry("reload", "reloaded_definitions"),
    Entry("pause", "pause_command", example="PAUSE_EXAMPLE"),
    Entry("resume", "pause_command", example="RESUME_EXAMPLE"),
    Entry("status", "status_command", example="STATUS_EXAMPLE"),
    Entry("history", "history_command", example="HISTORY_EXAMPLE"),
    Entry("logs", "logs_command"),
    Entry("exec", "exec_command", "exec_", "EXEC_EXAMPLE"),
    Entry("console", "exec_command", example="CONSOLE_EXAMPLE"),
    Entry("trace", "trace_command", "trace_command"),
    Entry("provenance", "provenance_command", "provenance_command"),
    Entry("plan", "plan_command"),
    Entry("diff", "diff_command"),
    Entry("metrics", "metrics_command"),
    Entry("notify", "notify_command"),
    Entry("freeze list", "freeze_command", "list_"),
    Entry("maintenance on", "maintenance_command", example="ON_EXAMPLE"),
    Entry("maintenance off", "maintenance_command", example="OFF_EXAMPLE"),
    Entry("quarantine add", "quarantine_command", example="ADD_EXAMPLE"),
    Entry("quarantine lift", "quarantine_command", example="LIFT_EXAMPLE"),
    Entry("quarantine list", "quarantine_command", "list_", "LIST_EXAMPLE"),
)
"""All commands but `version`, in the order of `shipline --help`."""


def add_commands(shipline: typer.Typer, first: str) -> None:
    """Register the commands that begin with the word `first`; all of them where none does."""
    chosen = [each for each in ENTRIES if each.words.split()[0] == first] or list(ENTRIES)
    groups = {name: typer.Typer(no_args_is_help=True, help=GROUPS[name][0]) for name in _groups(chosen)}
    for each in chosen:
        each.add_to(groups.get(each.group, shipline))
    for name, group in groups.items():
        shipline.add_typer(group, name=name, epilog=_example(GROUPS[name][1]))


def _groups(entries: Iterable[Entry]) -> Iterator[str]:
    yield from dict.fromkeys(each.group for each in entries if each.group)


def _example(words: str) -> str:
    entry = next(each for each in ENTRIES if each.words == words)
    return str(getattr(import_module(f"{_ROOM}.{entry.module}"), entry.example))
