"""The sections of docs/commands.md, written from the command line's own help: `python -m docs.commands`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from docs.written import with_part, write
from pipeline_defs.cli.main import command_line

PAGE = Path(__file__).with_name("commands.md")
BY = "docs/commands.py"


def main() -> None:
    """Write the sections into the page."""
    write(PAGE, BY, sections())


def page(text: str) -> str:
    """The page's text with sections that are up to date."""
    return with_part(text, BY, sections())


def sections() -> str:
    """One section for each command that can be given, in the order of `shipline --help`."""
    return "\n".join(_section(words, command) for words, command in _commands(typer.main.get_command(command_line())))


def _commands(group: Any, path: tuple[str, ...] = ("shipline",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _section(words: tuple[str, ...], command: Any) -> str:
    given = [each for each in command.params if not each.hidden]
    places = [each for each in given if each.param_type_name == "argument"]
    usage = [*words, *(_place(each) for each in places), *(["[OPTIONS]"] if len(places) < len(given) else [])]
    rows = [
        *(_row(_place(each).replace("|", " or "), each) for each in places),
        *(_row(_option(each), each) for each in given if each not in places),
    ]
    table = ["| given | meaning |", "|---|---|", *rows, ""] if rows else []
    said = [_paragraph(text) for text in command.help.split("\n\n")]
    example = f"```sh\n{command.epilog.removeprefix('Example: ').replace(', or ', chr(10))}\n```\n"
    heading = " ".join(words)
    return "\n".join([f"### {heading}", "", f"```text\n{' '.join(usage)}\n```", "", *said, *table, example])


def _place(argument: Any) -> str:
    """An argument as the usage shows it: APP where it has to be given, [APP] where it may be left out."""
    name = (argument.metavar or argument.name.upper()).strip("[]").upper()
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.type_descriptor.annotation is bool else f"{names} {(option.metavar or option.name).upper()}"


def _row(name: str, parameter: Any) -> str:
    default = parameter.default
    shown = "" if default is None or default is False or str(default) in ("", ".") else f" Default: `{default}`"
    return f"| `{name}` | {_text(parameter.help)}{shown} |"


def _paragraph(text: str) -> str:
    return f"{_text(' '.join(text.split()))}\n"


def _text(text: str) -> str:
    """A text of the help as Markdown: options as code, where they do not stand in code already."""
    return re.sub(r"(`[^`]*`)|(?<![\w-])(--[a-z][a-z-]*)", lambda match: match[1] or f"`{match[2]}`", text)


if __name__ == "__main__":
    main()
