"""Examples: every piece of an app's file that the documentation shows is one that the models take."""

import os
import re
from collections.abc import Collection
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from unittest.mock import patch

import yaml

from pipeline_defs.config import App, Environment, load_app
from tests.docs.pages import Block, blocks

_APP = {"repository": "team/blog", "image": "registry.example.org/team/blog"}
_OF_A_REHEARSAL = {"rehearses", "sanitize", "keep_running"}


def examples() -> list[Block]:
    """All blocks that show an app's file or a part of one; other files have their names as titles."""
    return [block for block in blocks("yaml") if not block.title or block.title.startswith("apps/")]


def app_of(block: Block, folder: Path) -> App:
    """The app whose file has what the block shows, as it stands there, and else as little as can be. Raises ConfigError.

    A part is made of the file's own keys, or of an environment's: of one that rehearses, or of the one that is deployed to.
    """
    file = folder / "blog.yaml"
    file.write_text(block.text if block.title else _whole(dedent(block.text)))
    variables = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block.text), "value")
    with patch.dict(os.environ, variables):
        return load_app(file)


def _whole(text: str) -> str:
    keys = yaml.safe_load(text).keys()
    of_environment = Environment.model_fields.keys() >= keys and not App.model_fields.keys() >= keys
    if not of_environment:
        return text + _dumped({**_APP, "environments": {"production": _least("production")}}, keys)
    name = "staging" if keys & _OF_A_REHEARSAL else "production"
    rehearsed = {"production": _least("production", database=True)} if name == "staging" else {}
    own = text + _dumped(_least(name, database=name == "staging"), keys)
    return f"{_dumped(_APP)}environments:\n  {name}:\n{indent(own, '    ')}{indent(_dumped(rehearsed), '  ')}"


def _least(name: str, *, database: bool = False) -> dict[str, Any]:
    """What each environment needs."""
    least = {"hosts": "blog.example.org", "directory": f"/opt/shipline/blog/{name}", "compose": f"{name}.yml"}
    more = {"database": {"name": "blog", "user": "blog"}} if database else {}
    return {**least, **more, **({"rehearses": "production"} if name == "staging" else {})}


def _dumped(data: dict[str, Any], shown: Collection[str] = ()) -> str:
    """As YAML, without the keys that are shown; nothing where no key is left."""
    left = {key: value for key, value in data.items() if key not in shown}
    return yaml.safe_dump(left) if left else ""
