"""Secrets as people have them, the forms in which programs print them, and an ordinary log without any of them."""

import base64
import json
import random
import shlex
import string
from collections.abc import Callable, Iterator
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from pipeline_defs.config.masking import CONTROL

LOWEST, LONGEST = 8, 200
"""Characters of a secret; a PEM file is longer."""

_LETTERS = string.ascii_letters + string.digits + string.punctuation.replace("*", "")
_WORDS = (
    "the", "a", "of", "and", "building", "step", "cached", "layer", "server", "started", "error", "warning", "file", "not",
    "found", "ok", "test", "passed", "in", "run", "at", "sha256:", "-----", "=======",
)  # fmt: skip
_COLOUR, _RESET = "\x1b[1;31m", "\x1b[0m"

_RUN = 8
_AROUND = 'https://shop: @example.org/ {"password": "PASSWORD=\''
"""What the forms have around a secret."""

Form = Callable[[str, random.Random], str]
"""Makes what a program prints from a secret."""


def secrets(count: int, chance: random.Random) -> list[str]:
    """Random secrets of 8 to 200 characters; each tenth is a PEM file of several lines."""
    return [_pem(chance) if number % 10 == 9 else _password(chance) for number in range(count)]


def ordinary_log(size: int, chance: random.Random) -> str:
    """So many characters as builds and servers print them: words, digests, Base64, hexadecimal, addresses, colours, JSON."""
    lines: list[str] = []
    while size > 0:
        line = " ".join(next(_words(chance)) for _ in range(chance.randint(1, 14)))
        lines.append(line)
        size -= len(line) + 1
    return "\n".join(lines) + "\n"


def _password(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS + "é", k=chance.randint(LOWEST, LONGEST)))


def _pem(chance: random.Random) -> str:
    encoded = base64.b64encode(chance.randbytes(chance.randint(200, 1200))).decode()
    lines = [encoded[begin : begin + 64] for begin in range(0, len(encoded), 64)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])


def _words(chance: random.Random) -> Iterator[str]:
    kind = chance.randrange(40)
    if kind == 0:
        yield f"sha256:{chance.randbytes(32).hex()}"
    elif kind == 1:
        yield base64.b64encode(chance.randbytes(chance.randint(6, 90))).decode()
    elif kind == 2:
        yield f"https://example.org/{quote(chance.choice(_WORDS))}?q=%2F&v={chance.randint(1, 9**9)}"
    elif kind == 3:
        yield f"{_COLOUR}{chance.choice(_WORDS)}{_RESET}"
    elif kind == 4:
        yield json.dumps({chance.choice(_WORDS): chance.random()})
    else:
        yield chance.choice(_WORDS)


def _shifted(before: int) -> Form:
    return lambda value, chance: base64.b64encode(chance.randbytes(before) + value.encode() + b"ab").decode()


def _coloured(value: str, chance: random.Random) -> str:
    places = sorted(chance.sample(range(len(value)), 3))
    begin, middle, end = places
    return f"{value[:begin]}{_COLOUR}{value[begin:middle]}{_RESET}{value[middle:end]}\x1b[K{value[end:]}"


def _line(value: str, chance: random.Random) -> str:
    return chance.choice([line for line in value.splitlines() if len(line) >= LOWEST])


def _wrapped(value: str, chance: random.Random) -> str:
    encoded = base64.b64encode(chance.randbytes(chance.randint(0, 5)) + value.encode()).decode()
    return "\n".join(encoded[begin : begin + 76] for begin in range(0, len(encoded), 76))


FORMS: dict[str, Form] = {
    "plain": lambda value, _: value,
    "Base64": _shifted(0),
    "Base64 after one byte": _shifted(1),
    "Base64 after two bytes": _shifted(2),
    "Base64 of user:password": lambda value, _: base64.b64encode(f"shop:{value}".encode()).decode(),
    "URL": lambda value, _: f"https://shop:{quote(value, safe='')}@example.org/",
    "JSON": lambda value, _: json.dumps({"password": value}),
    "XML": lambda value, chance: chance.choice([escape(value), quoteattr(value)]),
    "hexadecimal": lambda value, chance: chance.choice([str.lower, str.upper])(value.encode().hex()),
    "shell": lambda value, _: f"PASSWORD={shlex.quote(value)}",
    "with colours inside": _coloured,
    "one line": _line,
    "Base64 in lines": _wrapped,
}
"""By their names. Each is also cut over the borders of portions, wherever a test feeds it."""


def left_of(value: str, printed: str, told: str) -> str:
    """The first run of eight characters of what was printed of a secret, or of the secret itself, that was told; empty for none."""
    own = set(_runs(CONTROL.sub("", printed))) | set(_runs(value))
    return next((run for run in _runs(CONTROL.sub("", told)) if run in own and run not in _AROUND), "")


def _runs(text: str) -> Iterator[str]:
    return (text[begin : begin + _RUN] for begin in range(len(text) - _RUN + 1))
