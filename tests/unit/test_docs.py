"""The documentation says what is: links lead somewhere, commands exist, and what is written from the code is up to date."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from docs import commands as commands_page
from docs import reference
from pipeline_defs.cli.main import command_line
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.key_descriptions import MEANINGS
from tests.docs.commands import misunderstood
from tests.docs.pages import PAGES, anchors, links


def misled(page: Path, target: str) -> str | None:
    """Why a link of the page leads nowhere; None where it does not."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return f"{page.name} links to {path}, which does not exist"
    return f"{page.name}: {file.name} has no heading #{anchor}" if anchor and anchor not in anchors(file) else None


def test_every_link_leads_somewhere() -> None:
    found = [misled(page, target) for page, target in links()]
    assert len(found) > 100
    assert [problem for problem in found if problem] == []


@pytest.mark.parametrize("target", ["no-such-page.md", "#no-such-heading", "README.md#no-such-heading"])
def test_a_link_that_leads_nowhere_is_noticed(target: str) -> None:
    assert misled(PROJECT / "docs" / "x.md", f"../{target}" if target[0] != "#" else f"../README.md{target}")


@pytest.mark.parametrize(
    "command", ["deploi blog", "deploy blog --versoin 1.4.2", "freeze lst", "run stage blog --limit 3", "check 'blog"]
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    assert misunderstood(command) is not None


def test_the_documentation_speaks_of_every_command() -> None:
    group: Any = typer.main.get_command(command_line())
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
