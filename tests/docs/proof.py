"""Proof: what the documentation tells its reader to type, tried: calls of Shipline, blocks of shell, and what calls print."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.docs.commands import commands, misunderstood
from tests.docs.printed import calls, difference, furnish
from tests.docs.shell import scripts, unreadable


def checks() -> Iterator[tuple[str, str | None]]:
    """What was tried, with its place, and what is wrong with it: None for nothing.

    A call has to be understood by the command line, a block has to be readable for a shell, and a call that is shown with its
    output has to print that.
    """
    for page, command in commands():
        yield f"{page.name}: shipline {command}", misunderstood(command)
    for script in scripts():
        yield f"{script}", unreadable(script)
    with tempfile.TemporaryDirectory() as name:
        furnish(Path(name))
        for call in calls():
            yield f"{call} prints", difference(call, Path(name))


def count() -> dict[str, int]:
    """`docs_commands`: how many were tried; `docs_commands_failed`: how many of them are wrong."""
    problems = [problem for _, problem in checks()]
    return {"docs_commands": len(problems), "docs_commands_failed": sum(problem is not None for problem in problems)}
