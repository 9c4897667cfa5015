"""What the documentation shows of apps' files can be used as it stands."""

from pathlib import Path

import pytest
import yaml

from pipeline_defs.config import ConfigError
from pipeline_defs.config.home import PROJECT
from tests.docs.examples import app_of, examples
from tests.docs.pages import Block, blocks


@pytest.mark.parametrize("block", examples(), ids=str)
def test_an_example_is_one_that_the_models_take(block: Block, tmp_path: Path) -> None:
    app = app_of(block, tmp_path)
    assert app.name == "blog"


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block.title.endswith(".yml")], ids=str)
def test_an_example_of_another_file_is_yaml(block: Block) -> None:
    assert yaml.safe_load(block.text)["services"]


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
