"""Examples: every piece of an app's file that the documentation shows is one that the models take."""

import os
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from pipeline_defs.config import App, Environment, load_app
from tests.docs.pages import Block, blocks

_DATABASE = {"name": "blog", "user": "blog"}
_APP = {"repository": "team/blog", "image": "registry.example.org/team/blog"}


def examples() -> list[Block]:
    """All blocks that show an app's file or a part of one; other files have their names as titles."""
    return [block for block in blocks("yaml") if not block.title or block.title.startswith("apps/")]


def app_of(block: Block, folder: Path) -> App:
    """The app whose file has what the block shows, and else as little as can be. Raises ConfigError.

    A part is either one of the file's own keys, or of an environment: of the one that is deployed to, or of one that rehearses it.
    """
    shown = _named(yaml.safe_load(block.text))
    file = folder / "blog.yaml"
    file.write_text(block.text if block.title else yaml.safe_dump(_whole(shown)))
    variables = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block.text), "value")
    with patch.dict(os.environ, variables):
        return load_app(file)


def _named(shown: Any) -> Any:
    """The same with the key `on` as it is written: YAML 1.1 takes it for true, which Shipline's own loader does not."""
    if isinstance(shown, dict):
        return {"on" if key is True else key: _named(value) for key, value in shown.items()}
    return [_named(each) for each in shown] if isinstance(shown, list) else shown


def _whole(shown: dict[str, Any]) -> dict[str, Any]:
    part = Environment.model_fields.keys() >= shown.keys() and not App.model_fields.keys() >= shown.keys()
    if not part:
        return {**_APP, **shown, "environments": _environments(shown.get("environments", {}))}
    rehearses = {"rehearses", "sanitize", "keep_running"} & shown.keys()
    return {**_APP, "environments": _environments({"staging" if rehearses else "production": shown})}


def _environments(own: dict[str, Any]) -> dict[str, Any]:
    """Those that are shown, with what each needs at least. One that rehearses has one to rehearse."""
    names = dict.fromkeys([*own, *(["production"] if "staging" in own or not own else [])])
    return {name: {**_least(name, "staging" in names), **own.get(name, {})} for name in names}


def _least(name: str, rehearsed: bool) -> dict[str, Any]:
    least: dict[str, Any] = {
        "hosts": "blog.example.org",
        "directory": f"/opt/shipline/blog/{name}",
        "compose": f"{name}.yml",
    }
    if rehearsed:
        least["database"] = _DATABASE
    return {**least, **({"rehearses": "production"} if name == "staging" else {})}
