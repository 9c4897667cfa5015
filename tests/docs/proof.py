"""Proof: how many commands the documentation has, and how many of them are not as it says."""

import tempfile
from pathlib import Path

from tests.docs.commands import commands, misunderstood
from tests.docs.printed import calls, difference, furnish
from tests.docs.shell import scripts, unreadable


def count() -> dict[str, int]:
    """`docs_commands`: the calls of Shipline, blocks of shell, and calls with what they print, in all pages.

    `docs_commands_failed`: those that the command line does not understand, a shell cannot read, or that print something else.
    """
    with tempfile.TemporaryDirectory() as name:
        furnish(Path(name))
        checks = [
            *(misunderstood(command) for _, command in commands()),
            *(unreadable(script) for script in scripts()),
            *(difference(call, Path(name)) for call in calls()),
        ]
    return {"docs_commands": len(checks), "docs_commands_failed": sum(check is not None for check in checks)}
