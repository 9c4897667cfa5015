"""The tables of docs/configuration.md, written from the models that read the apps' files: `python -m docs.reference`."""

import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.written import with_part, write
from pipeline_defs.config import App, Limits, SecretSource, value_types
from pipeline_defs.config.key_descriptions import meaning

PAGE = Path(__file__).with_name("configuration.md")
BY = "docs/reference.py"

_ALIASES = [
    (value_types.Argv, "command"),
    (value_types.RepositoryPath, "path in the repository"),
    (value_types.ServerFolder, "path on the server"),
    (value_types.AppName, "name"),
    (value_types.Name, "name"),
    (value_types.EnvironmentVariable, "variable"),
    (value_types.Service, "service"),
    (value_types.Branch, "branch"),
    (value_types.ImageName, "image name"),
    (value_types.Size, "size"),
]
_WORDS = {str: "text", int: "number", float: "number", bool: "true or false"}

Hints = dict[str, Any]


def main() -> None:
    """Write the tables into the page."""
    write(PAGE, BY, tables())


def page(text: str) -> str:
    """The page's text with tables that are up to date."""
    return with_part(text, BY, tables())


def tables() -> str:
    """One section for each model, in the order in which they are met, with one line for each of its keys."""
    titles = _titles(App, "The file", {})
    titles[Limits] = "limits.yaml"
    return "\n".join(_section(model, titles) for model in titles)


def needed_meanings() -> set[str]:
    """The keys, as `Model.key`, that their models do not describe."""
    models: list[type[BaseModel]] = [*_titles(App, "", {}), Limits]
    return {
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if field.description is None
    }


def _titles(model: type[BaseModel], title: str, known: dict[type[BaseModel], str]) -> dict[type[BaseModel], str]:
    """Each model with the key path where it is met first; secrets are met in many places."""
    known[model] = title
    for key, hint in _hints(model).items():
        for inner, path in _within(hint, key if model is App else f"{title}.{key}"):
            if inner not in known:
                _titles(inner, "Secrets" if inner is SecretSource else path, known)
    return known


def _within(hint: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint, path
    for argument in get_args(hint):
        yield from _within(argument, f"{path}.NAME" if get_origin(hint) is dict else path)


def _section(model: type[BaseModel], titles: Mapping[type[BaseModel], str]) -> str:
    said = _marked_up(" ".join((model.__doc__ or "").split()))
    rows = [_row(model, name, hint, titles) for name, hint in _hints(model).items()]
    head = [f"### {titles[model]}", "", said, "", "| key | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _hints(model: type[BaseModel]) -> Hints:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _row(model: type[BaseModel], name: str, hint: Any, titles: Mapping[type[BaseModel], str]) -> str:
    field = model.model_fields[name]
    nullable = " or `null`" if type(None) in get_args(hint) and field.default is not None else ""
    said = _marked_up(meaning(model, name))
    default = (
        f"`{value_types.written_size(field.default)}`" if hint == value_types.Size else _default(model, name, field)
    )
    cells = (f"`{name}`", f"{_words(hint, titles)}{nullable}{_limits(field)}", default, said)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _words(hint: Any, titles: Mapping[type[BaseModel], str]) -> str:
    """A type in words, models as links to their sections."""
    for alias, words in _ALIASES:
        if hint == alias:
            return words
    origin, arguments = get_origin(hint), get_args(hint)
    inner = [_words(each, titles) for each in arguments if isinstance(each, type) or get_origin(each)]
    if origin is Annotated:
        return inner[0]
    if origin in (Union, types.UnionType):
        return inner[0]  # the other is None
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in arguments)
    if origin is tuple:
        return f"list of {inner[0]}"
    if origin is dict:
        return f"{inner[0]}: {inner[1]}"
    if issubclass(hint, BaseModel):
        return f"[{'secret' if hint is SecretSource else 'mapping'}](#{slug(titles[hint])})"
    return _WORDS.get(hint, "path")


def slug(title: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _limits(field: FieldInfo) -> str:
    least = next((each.ge for each in field.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in field.metadata if hasattr(each, "le")), None)
    if least is None:
        return ""
    return f", at least {least}" if most is None else f", {least} to {most}"


def _default(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if (model, name) == (App, "name"):
        return "the file's name"
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value in ((), {}, ""):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _marked_up(text: str) -> str:
    """A text of the code as Markdown: variables as code, and nothing that would be taken for HTML."""
    return re.sub(r"(?<!`)(\$\{\w+\}|http://\S*<\S+>)", r"`\1`", text)


if __name__ == "__main__":
    main()
