"""Secret: a value that never shows itself."""

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote, quote_plus

from pydantic import model_validator

from pipeline_defs.config.values import EnvironmentVariable, Model

MASK = "***"
CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, and what else a terminal is told (ECMA-48): control sequences, strings such as a window's title, single escapes."""

_SHORTEST_MASKED = 4  # shorter values would blank out half of any log and protect nothing


class SecretUnavailable(Exception):
    """A secret that is named in the configuration but not there: the variable is not set, or the file cannot be read."""


class Secret:
    """A value that prints as `***` wherever it is formatted; only `reveal` gives it away."""

    __slots__ = ("_forms", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._forms: frozenset[str] | None = None

    def reveal(self) -> str:
        """The value itself, for standard input or a 0600 file and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written to files or sent to other processes")

    def encodings(self) -> frozenset[str]:
        """The forms in which the value usually turns up in logs: as it is, quoted for URL, shell, JSON and Python, and in Base64.

        A value of several lines turns up line by line too. Forms of less than four characters are left out.
        """
        if self._forms is None:
            parts = {self._value, *self._value.splitlines()}
            forms = {form for part in parts for form in _forms(part)}
            self._forms = frozenset(form for form in forms if len(form) >= _SHORTEST_MASKED and not form.isspace())
        return self._forms


def _forms(text: str) -> set[str]:
    return {
        text,
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        text.replace("'", "'\"'\"'"),  # inside single quotes, as Python quotes for a shell
        text.replace("'", "'\\''"),  # and as shells do it themselves under `set -x`
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        *_in_base64(text.encode()),
    }


def _in_base64(raw: bytes) -> Iterator[str]:
    """The value in Base64, also where it stands in the middle of something longer, as a password does in `user:password`.

    Three bytes become four characters, so there are three ways it can begin; characters that it shares with its
    neighbours are left out.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        yield encode(raw).decode().rstrip("=")
        for before in range(3):
            encoded = encode(bytes(before) + raw).decode()
            yield encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def mask(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret replaced by `***`, in its usual encodings too (values shorter than four characters stay).

    Places are found before anything is replaced: where two secrets overlap, replacing one would uncover the rest of the other.
    Colours within a secret do not hide it.
    """
    forms: set[str] = set().union(*(secret.encodings() for secret in secrets))
    hidden: list[tuple[int, int]] = []
    found = {place for form in forms for place in _places(form, text)}
    if "\x1b" in text and forms:
        found |= _places_between_colours(forms, text)
    for begin, end in sorted(found):
        if hidden and begin <= hidden[-1][1]:
            hidden[-1] = hidden[-1][0], max(end, hidden[-1][1])
        else:
            hidden.append((begin, end))
    for begin, end in reversed(hidden):
        text = f"{text[:begin]}{MASK}{text[end:]}"
    return text


def _places_between_colours(forms: set[str], text: str) -> set[tuple[int, int]]:
    """Where the forms stand in the text once its control sequences are left out, as places of the text itself."""
    kept: list[int] = []  # for each character that is left: where it stands in the text
    begin = 0
    for sequence in CONTROL.finditer(text):
        kept += range(begin, sequence.start())
        begin = sequence.end()
    kept += range(begin, len(text))
    plain = CONTROL.sub("", text)
    return {(kept[start], kept[end - 1] + 1) for form in forms for start, end in _places(form, plain)}


def _places(form: str, text: str) -> Iterator[tuple[int, int]]:
    begin = text.find(form)
    while begin >= 0:
        yield begin, begin + len(form)
        begin = text.find(form, begin + 1)


class SecretSource(Model):
    """Where a secret is found: `{env: NAME}` or `{file: PATH}`. The value itself never stands in an app's file."""

    env: EnvironmentVariable | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("exactly one of {env: NAME} and {file: PATH}")
        return self

    def read(self) -> Secret:
        """The value. A file's last line break is not part of it. Raises SecretUnavailable with what to do."""
        if self.file is not None:
            return Secret(_read_file(self.file))
        assert self.env is not None
        if self.env not in os.environ:
            raise SecretUnavailable(
                f"the secret {self.env} is not set; put it into Shipline's .env file or its environment"
            )
        try:
            os.environ[self.env].encode()
        except UnicodeEncodeError:
            raise SecretUnavailable(f"the secret {self.env} is not UTF-8 text; set it anew") from None
        return Secret(os.environ[self.env])


def _read_file(file: Path) -> str:
    """A secret file's text. Bytes are read, since text would come with its line breaks changed."""
    try:
        text = file.expanduser().read_bytes().decode()
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except (OSError, RuntimeError) as error:  # RuntimeError: the home of somebody who has none
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    else:
        if "\0" not in text:
            return text.removesuffix("\n").removesuffix("\r")
        problem = "holds a NUL character, which no program takes"
    raise SecretUnavailable(f"the secret file {file} {problem}; write it anew, with mode 0600")
