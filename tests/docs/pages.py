"""Pages: all of the documentation as it is written, with its links, headings and blocks of code."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from docs.reference import slug
from pipeline_defs.config.home import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("examples/**/*.md")])


@dataclass(frozen=True)
class Block:
    """A block of code. `title` is the file that it shows, empty where it shows none; `line` is where it begins in its page."""

    page: Path
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"


@cache
def tokens(page: Path) -> list[Token]:
    """All tokens of a page, those inside of lines too."""
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text())
    return [token for block in blocks for token in (block, *(block.children or []))]


def links() -> Iterator[tuple[Path, str]]:
    """Every link and image that leads to a file of the project or to a heading."""
    for page in PAGES:
        for token in tokens(page):
            target = str(token.attrGet("href") or token.attrGet("src") or "")
            if target and "://" not in target and not target.startswith("mailto:"):
                yield page, target


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    texts = [
        after.content
        for before, after in zip(tokens(page), tokens(page)[1:], strict=False)
        if before.type == "heading_open"
    ]
    return {slug(text) for text in texts}


@cache
def blocks(*languages: str) -> tuple[Block, ...]:
    """The blocks of code in these languages, in all pages."""
    return tuple(block for page in PAGES for block in _blocks(page) if block.language in languages)


def _blocks(page: Path) -> Iterator[Block]:
    for token in tokens(page):
        if token.type == "fence":
            language, _, more = token.info.partition(" ")
            title = more.removeprefix('title="').removesuffix('"')
            yield Block(page, (token.map or [0])[0] + 1, language, title, token.content)
