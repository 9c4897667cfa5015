"""Markdown: text from outside that stays text. Titles, names and what tests say come from anybody.

GitHub makes links of more than Markdown does: of `@name`, which calls that person, of `#12` and `GH-12`, which leave a trace
there, and of bare addresses (https://github.github.com/gfm/, 6.9; https://docs.github.com/en/get-started/writing-on-github).
A backslash does not keep it from that, but a character of no width in between does.
"""

import html
import re
import unicodedata
from urllib.parse import quote

LONGEST = 300
"""Characters of a text that are shown, where nothing else is asked for."""

_NO_WIDTH = "\u200b"
_MARKS = re.compile(r"([\\`*_{}\[\]|~$])")
_FIRST = re.compile(r"^(\d*)([#+=.)-])")
"""What begins a heading or a list where it begins a line."""
_CALLS = re.compile(
    r"(?<=@)|(?<=#)(?=\d)|(?<=://)|(?<=mailto:)|(?<=xmpp:)|(?<=www)(?=\.)|(?<=\bgh)(?=-)", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s<>]+")


def plain(text: str, most: int = LONGEST) -> str:
    """One line that shows the text and does nothing: no mark, HTML, link, mention, or end of a table's cell.

    What cannot be seen (control characters, changes of direction) is left out, and what is longer than `most` is cut.
    """
    harmless = html.escape(_CALLS.sub(_NO_WIDTH, one_line(text, most)), quote=False)
    return _FIRST.sub(r"\1\\\2", _MARKS.sub(r"\\\1", harmless))


def code(text: str, most: int = LONGEST) -> str:
    """One line of code, in a table too. Within code nothing is a link; marks that would end it are replaced by like ones."""
    line = one_line(text, most).replace("`", "'").replace("|", "¦")
    return f"`{line}`" if line else ""


def link(text: str, address: str) -> str:
    """The text as a link; the text alone where the address is empty, or is none of http or https."""
    if not _ADDRESS.fullmatch(address):
        return plain(text)
    return f"[{plain(text)}]({quote(address, safe=_OF_ADDRESSES)})"


_OF_ADDRESSES = "!#$%&'*+,-./:;=?@_~"
"""What an address may have as it is; brackets and bars would end the link, or a table's cell around it."""


def one_line(text: str, most: int = LONGEST) -> str:
    """The text in one line, without what cannot be seen; what is longer than `most` is cut."""
    seen = "".join(" " if each.isspace() else each for each in text if each.isspace() or _is_seen(each))
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _is_seen(character: str) -> bool:
    """Other than control, format, surrogate and unassigned characters; https://www.unicode.org/reports/tr44/, 5.7.1."""
    return not unicodedata.category(character).startswith("C")
