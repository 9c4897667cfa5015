"""Commands: every call of `shipline` in the documentation, and whether the command line understands it."""

import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.exceptions import TyperException

from pipeline_defs.cli.main import command_line
from tests.docs.pages import PAGES, tokens

_CODE = ("fence", "code_block", "code_inline")
_COMMAND = re.compile(r"(?:^|^\$ |\$\(|&& |bin/)shipline ([^#;|&)\n]+)", re.MULTILINE)


def commands() -> Iterator[tuple[Path, str]]:
    """Every call in a block of code or in a line, without the word `shipline`; in a line its arguments may be left out.

    A block of the language `text` shows how a command is written, and is none.
    """
    for page in PAGES:
        for token in tokens(page):
            if token.type in _CODE and token.info != "text":
                yield from ((page, command.strip()) for command in _COMMAND.findall(token.content))


@functools.cache
def _command_line() -> Any:
    """The command line as click knows it."""
    return typer.main.get_command(command_line())


def misunderstood(command: str) -> str | None:
    """Why the command line does not understand the words, None where it does. Nothing is executed."""
    group = _command_line()
    try:
        rest = shlex.split(command)
        context = group.make_context("shipline", rest)
        while hasattr(group, "resolve_command") and (rest := [*context._protected_args, *context.args]):
            _, group, rest = group.resolve_command(context, rest)
            if not rest:
                return None  # a command that is only spoken of stands without its arguments
            context = group.make_context(command, rest, parent=context)
    except typer.Exit:
        return None  # it has shown its help or its version
    except (TyperException, ValueError) as error:
        return f"{error}"
    return None
