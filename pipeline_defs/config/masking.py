"""Masking: the forms in which secrets turn up in text, and a matcher that hides them all."""

import base64
import html
import json
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Protocol
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

from pydantic_core import SchemaValidator, core_schema

MASK = "***"
CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, and what else a terminal is told (ECMA-48): control sequences, strings such as a window's title, single escapes."""

_SHORTEST = 4  # shorter values would blank out half of any log and protect nothing
_LINE = (
    60  # programs that break lines by themselves (base64, openssl, xxd, PEM) give at least so many characters a line
)
_BEGINNING = 16
_COLOURED = 8  # times its length: what a text with colours and line breaks in it may take
_LINE_BREAKS = str.maketrans("", "", "\r\n")

Place = tuple[int, int]
"""Where something stands in a text: its beginning and its end."""


class Hidden(Protocol):
    """A value that is to be masked."""

    def encodings(self) -> frozenset[str]:
        """The forms in which it turns up."""


def forms_of(value: str) -> frozenset[str]:
    """The forms in which a value turns up in logs: as it is, quoted for URL, shell, JSON, XML and Python, in hexadecimal and in Base64.

    A value of several lines turns up line by line too. Values and forms of less than four characters are left out.
    """
    parts = {part for part in (value, *value.splitlines()) if len(part) >= _SHORTEST and not part.isspace()}
    forms = {form for part in parts for form in (*_quoted(part), *_in_base64(part.encode()))}
    return frozenset(form for form in forms if len(form) >= _SHORTEST and not form.isspace())


def _quoted(text: str) -> Iterator[str]:
    yield from (text, text.encode().hex(), text.encode().hex().upper())
    for url in (quote(text), quote(text, safe=""), quote_plus(text), quote(text, safe="!'()*")):
        yield url
        yield re.sub("%..", lambda code: code[0].lower(), url)
    yield text.replace("'", "'\"'\"'")  # inside single quotes, as Python quotes for a shell
    yield text.replace("'", "'\\''")  # and as shells do it themselves under `set -x`
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)  # `printf %q`
    yield re.sub(r'([\\"$`])', r"\\\1", text)  # inside double quotes
    for string in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield string
        yield string.replace("/", "\\/")  # PHP
        yield re.sub("[<>&]", lambda each: f"\\u{ord(each[0]):04x}", string)  # Go
    yield from (repr(text)[1:-1], repr(text.encode())[2:-1])
    for quotes in ({}, {'"': "&quot;"}, {'"': "&quot;", "'": "&apos;"}, {'"': "&#34;", "'": "&#39;"}):
        yield saxutils.escape(text, quotes)
    yield html.escape(text)


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


def mask(text: str, secrets: Iterable[Hidden]) -> str:
    """The text with every secret replaced by `***`, in its usual forms too (values shorter than four characters stay)."""
    return masker(tuple(secrets)).mask(text)


@lru_cache(maxsize=64)
def masker(secrets: tuple[Hidden, ...]) -> "Masker":
    """The matcher for some secrets; making one takes longer than using it."""
    return Masker({form for secret in secrets for form in secret.encodings()})


class Masker:
    """Finds all forms of some secrets at once.

    Colours within a form do not hide it, and neither do line breaks within a form that is longer than a line. Most text holds no
    secret, which one automaton for all forms tells in one pass.
    """

    def __init__(self, forms: Collection[str]) -> None:
        self._all = _Forms(forms)
        self._spanning = _Forms(form for form in forms if "\n" in form)
        self._breakable = _Forms(form for form in forms if len(form) > _LINE and form.isascii() and " " not in form)

    def mask(self, text: str, seen: int = 0) -> str:
        """The text with `***` for every form, without its first `seen` characters, which were told before.

        Places are found before anything is replaced: where two secrets overlap, replacing one would uncover the rest of the other.
        """
        told, done = [], seen
        for begin, end in _united(self._places(text)):
            if end > done:
                told += [text[done:begin], MASK]
                done = end
        return "".join([*told, text[done:]]) if told else text[seen:]

    def begun(self, text: str, *, line: bool) -> int:
        """How many characters at the end of the text may be the beginning of a secret that goes on after it.

        With `line`, the text ends within a line. Without, only secrets that can go on in the next line count, and only if four
        characters or more of them are there.
        """
        forms, least = (self._all, 1) if line else (self._spanning, _SHORTEST)
        text = text[-_COLOURED * max(forms.longest, self._breakable.longest) :]
        plain = CONTROL.sub("", text)
        found = forms.begun(plain, least)
        broken = self._breakable.begun(plain.translate(_LINE_BREAKS), least)
        begins = [*map(_Plain(text).begin, found)] if found else []
        begins += map(_Plain(text).flat().begin, broken) if broken else []
        return len(text) - min(begins, default=len(text))

    def _places(self, text: str) -> list[Place]:
        """Where the forms stand in the text."""
        found, plain = self._all.find(text), text
        if "\x1b" in text:
            plain = CONTROL.sub("", text)
            coloured = self._all.find(plain)
            found += map(_Plain(text).place, coloured) if coloured else []
        broken = self._breakable.find(plain.translate(_LINE_BREAKS))
        return [*found, *map(_Plain(text).flat().place, broken)] if broken else found


class _Forms:
    """Some forms, and an automaton that tells in one pass of a text that it holds none of them."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = tuple(forms)
        self.longest = max(map(len, self._forms), default=0)

    def find(self, text: str) -> list[Place]:
        """Where they stand in the text."""
        if not self._forms or not _may_hold(self._beginnings, text):
            return []
        return [place for form in self._forms for place in _find(text, form)]

    def begun(self, text: str, least: int) -> list[int]:
        """Where, at the end of the text, one of them begins that goes on after it, with so many characters or more."""
        if not self._forms or (least == _SHORTEST and text[-least:] not in self._pieces):
            return []
        by_start: dict[str, list[str]] = {}
        for form in self._forms:
            by_start.setdefault(form[:least], []).append(form)
        found = ((begin, forms) for start, forms in by_start.items() for begin, _ in _find(text, start))
        return [begin for begin, forms in found if _goes_on(text[begin:], forms)]

    @cached_property
    def _pieces(self) -> frozenset[str]:
        """All that four characters of them can be."""
        ends = range(_SHORTEST, self.longest + 1)
        return frozenset(form[end - _SHORTEST : end] for form in self._forms for end in ends[: len(form)])

    @cached_property
    def _beginnings(self) -> SchemaValidator:
        return _automaton({form[:_BEGINNING] for form in self._forms})


def _automaton(words: Iterable[str]) -> SchemaValidator:
    """Takes a text that holds one of the words; Rust's `regex` looks for all of them at once, in linear time."""
    pattern = "|".join("".join(f"\\x{{{ord(each):x}}}" for each in word) for word in sorted(words))
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _may_hold(automaton: SchemaValidator, text: str) -> bool:
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which Rust does not take
        return True
    return automaton.isinstance_python(text)


def _goes_on(end: str, forms: Iterable[str]) -> bool:
    return any(form.startswith(end) and form != end for form in forms)


class _Plain:
    """A text without some of its characters, and where those that are left stand in it."""

    def __init__(self, text: str) -> None:
        """Control sequences are left out."""
        self._kept: list[int] = []
        begin = 0
        for sequence in CONTROL.finditer(text):
            self._kept += range(begin, sequence.start())
            begin = sequence.end()
        self._kept += range(begin, len(text))
        self.text = "".join(map(text.__getitem__, self._kept))

    def flat(self) -> "_Plain":
        """The same without line breaks."""
        flat = _Plain("")
        flat._kept = [place for place, each in zip(self._kept, self.text, strict=True) if each not in "\r\n"]
        flat.text = self.text.translate(_LINE_BREAKS)
        return flat

    def begin(self, place: int) -> int:
        """Where a character of this text stands in the other."""
        return self._kept[place]

    def place(self, place: Place) -> Place:
        """Where a part of this text stands in the other."""
        return self._kept[place[0]], self._kept[place[1] - 1] + 1


def _find(text: str, word: str) -> Iterator[Place]:
    begin = text.find(word)
    while begin >= 0:
        yield begin, begin + len(word)
        begin = text.find(word, begin + 1)


def _united(places: Iterable[Place]) -> list[Place]:
    """The places in their order, those that meet as one."""
    united: list[Place] = []
    for begin, end in sorted(places):
        if united and begin <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((begin, end))
    return united
