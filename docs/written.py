"""Written: the part of a page that a program writes, between two marks."""

from pathlib import Path

BEGIN, END = "<!-- written by {by}: begin -->\n", "<!-- written by {by}: end -->\n"


def with_part(text: str, by: str, part: str) -> str:
    """The page's text with its part that `by` writes, which is `part` now; what stands outside of the two marks is left alone."""
    begin, end = BEGIN.format(by=by), END.format(by=by)
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{part}\n{end}{after}"


def write(page: Path, by: str, part: str) -> None:
    """Write the part into the page's file."""
    page.write_text(with_part(page.read_text(), by, part))
