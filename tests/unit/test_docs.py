"""The documentation says what is: links lead somewhere, commands exist, and what is written from the code is up to date."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from docs import commands as commands_page
from docs import reference
from pipeline_defs.cli.main import shipline
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.meanings import MEANINGS
from tests.docs.commands import commands, misunderstood
from tests.docs.pages import PAGES, anchors, links
from tests.docs.shell import scripts, unreadable


def named(value: Any) -> str | None:
    return str(value.relative_to(PROJECT)) if isinstance(value, Path) else None


@pytest.mark.parametrize(("page", "target"), list(links()), ids=named)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{page.name} links to {path}, which does not exist"
    assert not anchor or anchor in anchors(file), f"{file.name} has no heading #{anchor}"


@pytest.mark.parametrize(("page", "command"), list(commands()), ids=named)
def test_a_command_exists(page: Path, command: str) -> None:
    assert misunderstood(command) is None


@pytest.mark.parametrize(
    "command", ["deploi blog", "deploy blog --versoin 1.4.2", "freeze lst", "run stage blog --limit 3", "check 'blog"]
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    assert misunderstood(command) is not None


@pytest.mark.parametrize("script", scripts(), ids=str)
def test_a_shell_can_read_a_block(script: Any) -> None:
    assert unreadable(script) is None


def test_the_documentation_speaks_of_every_command() -> None:
    group: Any = typer.main.get_command(shipline)
    text = "\n".join(page.read_text() for page in PAGES if page != commands_page.PAGE)
    missing = [name for name in group.commands if f"shipline {name}" not in text]
    assert not missing


@pytest.mark.parametrize("writer", [reference, commands_page], ids=["configuration", "commands"])
def test_what_is_written_from_the_code_is_up_to_date(writer: ModuleType) -> None:
    page = writer.PAGE.read_text()
    assert page == writer.page(page), "run: make docs"


def test_no_meaning_is_written_twice() -> None:
    """What a model's own description says needs no other."""
    unused = set(MEANINGS) - reference.needed_meanings()
    assert not unused
