"""App file text: an app's file as people read and edit it: its keys with what they are for, and all others with their defaults."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline_defs.config import App, SecretSource
from pipeline_defs.config.key_descriptions import meaning
from pipeline_defs.proposal.draft import Draft

CHANGE = "CHANGE THIS: "
_WIDTH = 120
_COLUMN = 48  # where what a key is for begins, if the key leaves room

_HEAD = """\
# The app {name}, as `shipline init` found it. Read it through: what it could not know says CHANGE THIS.
# A line that begins with #key is left out, and shows the default. `shipline check {name}` names every mistake.
# ${{NAME}} and ${{NAME:-default}} are taken from the environment and from the .env file in Shipline's home.

"""


def text_of(draft: Draft) -> str:
    """The file's text. It is complete: every key of every part that it has is there, and told once what it is for."""
    return _HEAD.format(name=draft.name) + "\n".join(_Writer(draft).mapping(App, draft.data, 0, "")) + "\n"


class _Writer:
    """Writes mappings in the order of their models. What was said of a key once is not said again."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._told: set[tuple[type[BaseModel], str]] = set()
        self._met: set[type[BaseModel]] = set()

    def mapping(self, model: type[BaseModel], data: Mapping[str, Any], depth: int, path: str) -> Iterator[str]:
        """The lines of a mapping; the keys it has not are shown where the model is met first."""
        show_others = model not in self._met
        self._met.add(model)
        for key, field in model.model_fields.items():
            where = f"{path}.{key}" if path else key
            if key in data:
                yield from self._entry(model, key, data[key], depth, where)
                if not path:
                    yield ""
            elif (
                show_others and key != "name" and field.get_default(call_default_factory=True) is not PydanticUndefined
            ):
                yield from _line(
                    f"#{key}: {_flow(_dumped(field.get_default(call_default_factory=True)))}",
                    meaning(model, key),
                    depth,
                )
                if not path:
                    yield ""

    def _entry(self, model: type[BaseModel], key: str, value: Any, depth: int, path: str) -> Iterator[str]:
        said = meaning(model, key) if (model, key) not in self._told else ""
        self._told.add((model, key))
        if path in self._draft.change:
            said = CHANGE + meaning(model, key)
        inner = _model(model.model_fields[key].annotation)
        nested = inner if inner is not SecretSource and isinstance(value, dict) else None
        named = get_origin(model.model_fields[key].annotation) is dict
        if named and value:
            yield from _line(f"{key}:", said, depth)
            for name, each in value.items():
                yield from self._named(nested, name, each, depth + 1, f"{path}.{name}")
        elif nested is not None and not named:
            yield from _line(f"{key}:", said, depth)
            yield from self.mapping(nested, value, depth + 1, path)
        elif isinstance(value, list) and inner is not None:
            yield from _line(f"{key}:", said, depth)
            yield from (f"{'  ' * (depth + 1)}- {_flow(each)}" for each in value)
        else:
            yield from _line(f"{key}: {_flow(value)}", said, depth)

    def _named(self, model: type[BaseModel] | None, name: str, value: Any, depth: int, path: str) -> Iterator[str]:
        """The lines of what a person has given a name."""
        if model is None:
            yield from _line(f"{name}: {_flow(value)}", "", depth)
        else:
            yield from _line(f"{name}:", "", depth)
            yield from self.mapping(model, value, depth + 1, path)


def _line(text: str, said: str, depth: int) -> Iterator[str]:
    """A key with what it is for, beside it where there is room, else above it."""
    indent = "  " * depth
    beside = f"{indent}{text}".ljust(_COLUMN - 2) + f"  # {said}"
    if not said:
        yield indent + text
    elif len(beside) <= _WIDTH:
        yield beside
    else:
        yield from textwrap.wrap(said, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
        yield indent + text


def _flow(value: Any) -> str:
    """A value in one line of YAML, as a text that holds no variable."""
    shown = yaml.safe_dump(_escaped(value), default_flow_style=True, allow_unicode=True, width=10**6)
    return shown.removesuffix("\n").removesuffix("\n...")


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _dumped(value: Any) -> Any:
    """A default as data of YAML."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else json.loads(json.dumps(value, default=str))


def _model(kind: Any) -> type[BaseModel] | None:
    """The model that a key's value is, or holds; None where it holds none."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (Annotated, Union, UnionType, dict, tuple):
        return next((found for argument in get_args(kind) if (found := _model(argument))), None)
    return None
