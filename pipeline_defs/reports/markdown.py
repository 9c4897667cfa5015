"""Markdown: text from outside that stays text. Titles, names of tests and what they say come from anybody."""

import html
import re

_MARKS = re.compile(r"([\\`*_{}\[\]|~])")
_NO_WIDTH = "\u200b"


def plain(text: str, most: int = 300) -> str:
    """One line without marks, HTML, cells that break, or anybody who would be called by it."""
    line = " ".join(text.split())
    short = line if len(line) <= most else f"{line[: most - 1]}…"
    return _MARKS.sub(r"\\\1", html.escape(short, quote=False)).replace("@", f"@{_NO_WIDTH}")


def code(text: str, most: int = 300) -> str:
    """One line of code, in a table too; within code nobody is called."""
    line = " ".join(text.split()).replace("`", "'").replace("|", "¦")
    return f"`{line if len(line) <= most else f'{line[: most - 1]}…'}`"
