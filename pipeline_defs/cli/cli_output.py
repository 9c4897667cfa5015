"""CLI output: what a command says, to people or as JSON, and how it says that something is wrong."""

import json
import re
import sys
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from pipeline_defs.config.base_error import ShiplineError

# Control sequences and operating system commands: ECMA-48, 5.4 and 5.6.
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_EXCEPTION = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception): .*", re.MULTILINE)
_WIDTH_WITHOUT_TERMINAL = 200  # tables in a file or pipe are not folded to 80 columns


class Failed(ShiplineError):
    """It was tried and failed."""


class UsageError(ShiplineError):
    """What was asked for makes no sense, such as an app that does not exist."""

    status = 2


class Output:
    """Standard output for results, standard error for everything said on the way.

    With `json` a result is one JSON document on standard output, and nothing else is written there.
    """

    def __init__(self, *, json: bool = False, debug: bool = False) -> None:
        self.json = json
        self.debug = debug
        self.console = _console(sys.stdout)
        self.aside = _console(sys.stderr)

    def result(self, data: Any, shown: RenderableType | None = None) -> None:
        """Give the result: `data` as JSON, or `shown` to people where they were not told along the way."""
        if self.json:
            print(json.dumps(data, indent=2, ensure_ascii=False), flush=True)
        elif shown is not None:
            self.console.print(shown)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """Tell people what is going on: texts, or pairs of text and style. Not a result, so silent with JSON."""
        if not self.json:
            self.console.print(Text.assemble(*parts))

    def error(self, message: str) -> None:
        """One sentence on standard error; with JSON also a document that holds it."""
        self.aside.print(Text.assemble(("shipline: ", "bold red"), plain(message)))
        if self.json:
            print(json.dumps({"error": message}, ensure_ascii=False), flush=True)


def plain(text: str) -> str:
    """Text from outside without anything a terminal would obey: no colours, titles, cursor movements or control characters."""
    return "".join(c for c in _CONTROL.sub("", text) if c.isprintable() or c in "\n\t")


def last_line(text: str) -> str:
    """The last line that is not empty; programs that fail say why there."""
    return next((plain(line).strip() for line in reversed(text.splitlines()) if line.strip()), "")


def exception_line(text: str) -> str:
    """The line that names the last exception, which in a traceback follows lines of source; empty where there is none."""
    return next(reversed(_EXCEPTION.findall(text)), "").strip()


def local_time(moment: str) -> str:
    """An ISO 8601 time as people read it, in this machine's time zone: 2026-05-04 13:37."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone().strftime("%Y-%m-%d %H:%M")


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False, soft_wrap=not stream.isatty())
