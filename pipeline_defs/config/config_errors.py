"""Errors in what a user wrote: file, key path, what was found, what is allowed."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.secret import SecretSource

_LONGEST_SHOWN = 60
_KEY_ITSELF = "[key]"  # with which pydantic ends the place of a wrong key

# What pydantic calls an error, and what is allowed instead. Its own words speak of Python.
_ALLOWED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "greater_than_equal": "{ge} or more",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "invalid_key": "a key that is a text",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
    "path_type": "a path",
    "string_too_short": "a text that is not empty",
    "string_type": "a text",
    "too_long": "{max_length} at most",
    "too_short": "{min_length} at least",
    "tuple_type": "a list",
    "value_error": "{error}",
}


@dataclass(frozen=True)
class Problem:
    """One mistake: `where` is the key path such as `environments.production.hosts[0].port`, empty for the file as a whole."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class ConfigError(ShiplineError):
    """A file that cannot be used, an app's or `limits.yaml`; names every mistake at once."""

    status = 2

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


Mistake = InitErrorDetails
_MISTAKE = "mistake"


def mistake(*where: int | str, found: Any, allowed: str) -> Mistake:
    """One of several mistakes that a validator names at once; `where` goes on from the validator's own place."""
    # The sentence is put in as a value: a template would take braces in it for its own.
    kind = PydanticCustomError(_MISTAKE, "{sentence}", {"sentence": said(found, allowed)})
    return Mistake(type=kind, loc=where, input=None)


def refuse(mistakes: list[Mistake]) -> None:
    """Raise all mistakes of one validator, if there are any."""
    if mistakes:
        raise ValidationError.from_exception_data("", mistakes)


def said(found: Any, allowed: str) -> str:
    """The sentence for a value that is not allowed."""
    return f"found {_show(found)}; allowed: {allowed}"


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's errors in our words, one a mistake, in the order of the models' keys."""
    problems = []
    for item in error.errors(include_url=False):
        if item["type"] == "too_short" and item["input"]:
            continue  # pydantic counts what is right; what is wrong in there is told by itself
        location = item["loc"][:-1] if item["loc"][-1:] == (_KEY_ITSELF,) else item["loc"]
        problems.append(Problem(reduce(below, location, ""), _sentence(item, location, model)))
    return problems


def below(where: str, part: int | str) -> str:
    """The key path of an item of a list, or of a key of a mapping, at a place."""
    if isinstance(part, int):
        return f"{where}[{part}]"
    key = part if part and part.isprintable() else json.dumps(part)
    return f"{where}.{key}" if where else key


def _sentence(item: Any, location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    *outer, kind = _kinds(location, model)
    if item["type"] == _MISTAKE:
        return str(item["msg"])
    if item["type"] == "missing":
        return "is missing and must be given"
    if item["type"] == "extra_forbidden":
        return _unknown_key(str(location[-1]), outer[-1])
    if item["loc"] == location and SecretSource in (*outer, kind):  # what stands there may be the secret itself
        return "allowed: {env: NAME} or {file: PATH}; the value itself is never written here"
    return said(item["input"], _allowed(item, kind))


def _unknown_key(key: str, model: Any) -> str:
    known = list(model.model_fields)
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"is not a known key{hint} (allowed: {', '.join(known)})"


def _allowed(item: Any, kind: Any) -> str:
    if item["type"] == "model_type":
        return f"a mapping with the keys {', '.join(kind.model_fields)}"
    allowed = _ALLOWED.get(item["type"])
    text = allowed.format_map(item.get("ctx", {})) if allowed else item["msg"].removeprefix("Input should be ")
    number = item["type"] == "string_type" and isinstance(item["input"], (bool, int, float))
    return f"{text}; put it in quotes" if number else text


def _kinds(location: tuple[int | str, ...], model: type[BaseModel]) -> Iterator[Any]:
    """The types along a key path, from the model as a whole to the value; None where the models know nothing."""
    kind: Any = model
    yield kind
    for part in location:
        kind = _plain(_within(kind, part))
        yield kind


def _within(kind: Any, part: int | str) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = get_args(kind)
    return arguments[1 if get_origin(kind) is dict else 0] if arguments else None


def _plain(kind: Any) -> Any:
    """Without what may be said around a type: Annotated[…] and `… | None`."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(argument for argument in get_args(kind) if argument is not type(None))
    return kind


def _show(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}…"
