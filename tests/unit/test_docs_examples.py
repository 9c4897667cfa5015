"""What the documentation shows of apps' files can be used as it stands."""

from pathlib import Path

import pytest
import yaml

from pipeline_defs.config import ConfigError
from pipeline_defs.config.home import PROJECT
from tests.docs.examples import app_of, examples
from tests.docs.pages import Block, blocks


def refused(block: Block, folder: Path) -> str | None:
    """Why the models do not take what a block shows; None where they do."""
    try:
        return None if app_of(block, folder).name == "blog" else f"{block}: it is not the blog"
    except ConfigError as error:
        return f"{block}: {error}"


def test_every_example_is_one_that_the_models_take(tmp_path: Path) -> None:
    found = [refused(block, tmp_path) for block in examples()]
    assert len(found) > 10
    assert [problem for problem in found if problem] == []


def test_every_example_of_another_file_is_yaml() -> None:
    shown = [block for block in blocks("yaml") if block.title.endswith(".yml")]
    assert [str(block) for block in shown if not yaml.safe_load(block.text)["services"]] == []


@pytest.mark.parametrize(
    "text",
    [
        "rout: {}",
        "lint: {comand: ruff}",
        "hosts: [a, a]",
        "freeze: [Fri 12]",
        "github: {}",
        "sanitize: [a]",
        "image: A",
    ],
)
def test_an_example_that_is_wrong_is_noticed(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        app_of(Block(PROJECT / "docs" / "x.md", 1, "yaml", "", text), tmp_path)


def test_a_part_is_used_as_it_is_shown(tmp_path: Path) -> None:
    shown = "route: {hosts: [blog.example.org]}\nwatch: 0\n"
    app = app_of(Block(PROJECT / "docs" / "x.md", 1, "yaml", "", shown), tmp_path)
    production = app.environments["production"]
    assert production.route is not None
    assert (production.route.hosts, production.watched.seconds) == (("blog.example.org",), 0)
