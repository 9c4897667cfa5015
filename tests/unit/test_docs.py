"""The documentation says what is: links lead somewhere, commands exist, and the table of keys is the models' own."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline_defs.cli.main import shipline
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.meanings import MEANINGS

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("examples/**/*.md")])
_COMMAND = re.compile(r"(?:^|\$\(|&& |bin/)shipline ([^#;|&)\n]+)", re.MULTILINE)


def named(value: Any) -> str | None:
    return str(value.relative_to(PROJECT)) if isinstance(value, Path) else None


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


def commands() -> Iterator[tuple[Path, str]]:
    """Every call of `shipline` in a block of code or in a line; in a line its arguments may be left out."""
    for page in PAGES:
        for token in tokens(page):
            if token.type in ("fence", "code_block", "code_inline"):
                yield from ((page, command.strip()) for command in _COMMAND.findall(token.content))


@cache
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", PROJECT / "docs" / "reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def anchors(page: Path) -> set[str]:
    texts = [
        after.content
        for before, after in zip(tokens(page), tokens(page)[1:], strict=False)
        if before.type == "heading_open"
    ]
    return {reference().slug(text) for text in texts}


@pytest.mark.parametrize(("page", "target"), list(links()), ids=named)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{page.name} links to {path}, which does not exist"
    assert not anchor or anchor in anchors(file), f"{file.name} has no heading #{anchor}"


@pytest.mark.parametrize(("page", "command"), list(commands()), ids=named)
def test_a_command_exists(page: Path, command: str) -> None:
    group: Any = typer.main.get_command(shipline)
    rest = shlex.split(command)
    context = group.make_context("shipline", rest)
    while hasattr(group, "resolve_command") and (rest := [*context._protected_args, *context.args]):
        _, group, rest = group.resolve_command(context, rest)
        if not rest:
            return  # a command that is only spoken of stands without its arguments
        context = group.make_context(command, rest, parent=context)


def test_the_documentation_speaks_of_every_command() -> None:
    group: Any = typer.main.get_command(shipline)
    text = "\n".join(page.read_text() for page in PAGES)
    missing = [name for name in group.commands if f"shipline {name}" not in text and f"`{name}`" not in text]
    assert not missing


def test_the_table_of_keys_is_up_to_date() -> None:
    page = reference().PAGE.read_text()
    assert page == reference().page(page), "run: python docs/reference.py"


def test_no_meaning_is_written_twice() -> None:
    """What a model's own description says needs no other."""
    unused = set(MEANINGS) - reference().needed_meanings()
    assert not unused
