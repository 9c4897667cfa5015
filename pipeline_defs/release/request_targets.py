"""Request targets: where the requests of a Postman collection go: to the address under test, or where the app's file says. Pure."""

import ipaddress
import re
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pipeline_defs.release.postman import Collection, Request, Script

BASE_URL = "base_url"
"""The variable that holds the address under test."""

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_START = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_AUTHORITY_ENDS = re.compile(r"[/\\?#]")
_UNKNOWN = "\ufffc"  # stands for what nobody knows, and ends no host
_DEEPEST = 20
_LONGEST = 10_000
_MOST_PIECES = 2_000

_SENDS = re.compile(r"\bsendRequest\b|\bpm\.request\.(?:url|update)\b")
_SETS = re.compile(r"\.(?:set|setEnvironmentVariable|setGlobalVariable)\(\s*([\"'`])([^\"'`\n]+)\1")
_LITERAL = re.compile(r"(?P<before>[^\"'`\n]{0,40})[\"'`](?P<url>(?:https?|HTTPS?)://[^\"'`\s]*)")
_COMPARED = re.compile(r"(?:equals?|eql|include|includes|match|contain|\$schema)\W*$")
_TAKEN = re.compile(r"\.get\(\s*[\"'`]([^\"'`\n]+)[\"'`]|\{\{([^{}\n]+)\}\}")


@dataclass(frozen=True)
class _Piece:
    """A part of a resolved text, and the variable that brought it: of Shipline's, of the collection's own, or None for a literal."""

    text: str
    variable: str | None
    given: bool = False


@dataclass(frozen=True)
class Variables:
    """What Newman knows: `given` by Shipline, which comes first, and the collection's and its environment's `own`."""

    given: Mapping[str, str]
    own: Mapping[str, str]

    def resolve(self, text: str) -> list[_Piece]:
        """The text with its variables replaced as Newman does it, in pieces that know where they come from."""
        found = list(islice(self._pieces(text, None, False, 0), _MOST_PIECES + 1))
        return found if len(found) <= _MOST_PIECES else [_Piece(_UNKNOWN, None)]

    def _pieces(self, text: str, variable: str | None, given: bool, depth: int) -> Iterator[_Piece]:
        end = 0
        for match in _VARIABLE.finditer(text[:_LONGEST]):
            yield _Piece(text[end : match.start()], variable, given)
            end, name = match.end(), match[1]
            known = self.given.get(name, self.own.get(name))
            if known is None or depth >= _DEEPEST or len(known) > _LONGEST:
                yield _Piece(_UNKNOWN, name)
            else:
                yield from self._pieces(known, name, name in self.given, depth + 1)
        yield _Piece(text[end:_LONGEST], variable, given)


def foreign(collection: Collection, variables: Variables, *, allow_empty: bool = False) -> list[str]:
    """Why a collection is refused, a phrase each: requests that go elsewhere, with the line to write, or nothing that is asserted.

    `variables.given` has `base_url`, the address under test, and what the app's file adds.
    """
    found = [
        phrase for request in collection.requests for phrase in [_request(request, variables)] if phrase is not None
    ]
    deciding = {name for request in collection.requests for name in _deciding(request.url, variables)}
    found += [phrase for script in collection.scripts for phrase in _script(script, variables, deciding)]
    if not collection.asserts and not allow_empty:
        found.append("no script of it asserts anything (pm.test), so it would pass whatever the app answers")
    return list(dict.fromkeys(found))


def mapped(collection: Collection, variables: Variables) -> dict[str, str]:
    """What to write under `variables`, so that requests which begin with a variable of the collection's own go where they should."""
    found: dict[str, str] = {}
    for request in collection.requests:
        pieces = [piece for piece in variables.resolve(request.url) if piece.text]
        authority = _authority(pieces)
        if all(piece.given for piece in authority) or _under_test(authority, variables):
            continue
        wrong = next(piece for piece in authority if not piece.given)
        if wrong.variable and not wrong.variable.startswith("$") and pieces[0].variable == wrong.variable:
            found[wrong.variable] = (
                f"{{{{{BASE_URL}}}}}{_path(variables.resolve(variables.own.get(wrong.variable, '')))}"
            )
    return found


def _request(request: Request, variables: Variables) -> str | None:
    where = f"the request {request.name!r}"
    if not request.url.strip():
        return f"{where} has no address; write {{{{base_url}}}} and its path"
    pieces = variables.resolve(request.url)
    authority = _authority(pieces)
    if all(piece.given for piece in authority) or _under_test(authority, variables):
        return None
    wrong = next(piece for piece in authority if not piece.given)
    if wrong.variable is None:
        return f"{where} goes to {_shown(request.url)}, which is written into it; write {{{{base_url}}}}{_path(pieces)} instead"
    return f"{where} goes where {{{{{wrong.variable}}}}} says, which {_said(wrong, variables)}; {_line(wrong, pieces, variables)}"


def _said(piece: _Piece, variables: Variables) -> str:
    value = variables.own.get(piece.variable or "")
    return "nothing sets" if value is None else f"the collection or its environment sets to {_shown(value)!r}"


def _line(wrong: _Piece, pieces: list[_Piece], variables: Variables) -> str:
    """What to write under `variables`: the whole address, or its host where that is all that the variable holds."""
    first = next((number for number, piece in enumerate(pieces) if piece.variable == wrong.variable), 0)
    if not "".join(piece.text for piece in pieces[:first]).strip():
        rest = _path(variables.resolve(variables.own.get(wrong.variable or "", "")))
        return f'write `variables: {{{wrong.variable}: "{{{{base_url}}}}{rest}"}}` under e2e'
    host = _netloc(variables.given[BASE_URL]) if BASE_URL in variables.given else "127.0.0.1:8000"
    return f'write `variables: {{{wrong.variable}: "{host}"}}` under e2e, or begin the address with {{{{base_url}}}}'


def _authority(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces in which the address names its host, without empty ones."""
    text = "".join(piece.text for piece in pieces)
    begins = start.end() if (start := _START.match(text)) else 0
    ended = _AUTHORITY_ENDS.search(text, begins)
    ends = ended.start() if ended else len(text)
    found, place = [], 0
    for piece in pieces:
        cut = text[max(place, begins) : min(place + len(piece.text), ends)] if piece.text else ""
        place += len(piece.text)
        if cut:
            found.append(_Piece(cut, piece.variable, piece.given))
    return found or [_Piece("", None)]


def _deciding(text: str, variables: Variables) -> set[str]:
    """The variables by which an address names its host, those within their values too."""
    return {piece.variable for piece in _authority(variables.resolve(text)) if piece.variable} | (
        {name for name in _VARIABLE.findall(text)[:1]} if text.lstrip().startswith("{{") else set()
    )


def _under_test(authority: list[_Piece], variables: Variables) -> bool:
    host = "".join(piece.text for piece in authority)
    return BASE_URL in variables.given and _same(host, _netloc(variables.given[BASE_URL]))


def _same(one: str, other: str) -> bool:
    """Whether two hosts with their ports are the same; all names of this machine itself are."""
    return bool(one) and _canonical(one) == _canonical(other)


def _canonical(netloc: str) -> tuple[str, str]:
    host, colon, port = netloc.rpartition(":") if not netloc.endswith("]") else (netloc, "", "")
    host = (host if colon else port or host).lower().strip("[]")
    port = port if colon else ""
    if host == "localhost":
        return "127.0.0.1", port
    try:
        return ("127.0.0.1" if ipaddress.ip_address(host).is_loopback else host), port
    except ValueError:
        return host, port


def _netloc(url: str) -> str:
    begins = start.end() if (start := _START.match(url)) else 0
    return _AUTHORITY_ENDS.split(url[begins:], maxsplit=1)[0]


def _path(pieces: list[_Piece]) -> str:
    """What follows the host."""
    text = "".join(piece.text for piece in pieces)
    begins = start.end() if (start := _START.match(text)) else 0
    ended = _AUTHORITY_ENDS.search(text, begins)
    return _shown(text[ended.start() :].rstrip("/") if ended and text[ended.start()] == "/" else "")


def _script(script: Script, variables: Variables, deciding: Names[str]) -> Iterator[str]:
    where = f"a script of {script.name!r}"
    for name in {match[2] for match in _SETS.finditer(script.text)} & set(deciding):
        yield f"{where} sets {name}, by which requests are addressed; take that out"
    if not _SENDS.search(script.text):
        return
    for match in _LITERAL.finditer(script.text):
        if not _COMPARED.search(match["before"]) and "json-schema.org" not in match["url"]:
            pieces = variables.resolve(match["url"])
            authority = _authority(pieces)
            if not (all(piece.given for piece in authority) or _under_test(authority, variables)):
                yield f"{where} sends to {_shown(match['url'])}; write pm.variables.replaceIn('{{{{base_url}}}}{_path(pieces)}') instead"
    for name in {match[1] or match[2] for match in _TAKEN.finditer(script.text)}:
        pieces = variables.resolve(f"{{{{{name}}}}}")
        authority = _authority(pieces)
        if not _START.match("".join(piece.text for piece in pieces)):
            continue  # a token or a number, and no address
        if not (all(piece.given for piece in authority) or _under_test(authority, variables)):
            wrong = next(piece for piece in authority if not piece.given)
            yield f"{where} sends where {{{{{name}}}}} says, which {_said(wrong, variables)}; {_line(wrong, pieces, variables)}"


def _shown(text: str) -> str:
    text = text.replace(_UNKNOWN, "?").strip()
    return text if len(text) <= 80 else f"{text[:80]}…"
