"""Dockerfile frontend: the program that turns a Dockerfile into build steps, which a Dockerfile may choose by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline_defs.resources.docker_client import EngineError

LARGEST = 2**20
"""Bytes. No Dockerfile is larger."""

OLDEST = 2
"""Docker's own frontend knows cache namespaces since 1.1.2 (moby/buildkit 26d5ebd18); before, cache mounts are everybody's."""

_HEAD = re.compile(r"\s*(#|//|$)")
_SYNTAX = re.compile(r"\s*(?:#|//)\s*syntax\s*=\s*(.*?)\s*", re.IGNORECASE)
_DOCKERS_OWN = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|1|1\.(?P<minor>[0-9]{1,3})(?:\.[0-9]{1,3})?))?"
)
MOST_LINES = 200
"""Lines over which an instruction's keyword and flags may be spread. People need a few."""

_ESCAPES = ("\\", "`")
"""A Dockerfile chooses one of them; both are taken for it here."""

_NETWORKS = ("default", "none")
"""What a step of a confined build may name as its network."""


def refuse_foreign_frontend(dockerfile: Path, name: str) -> None:
    """Refuse a Dockerfile that brings a frontend of its own, or asks for rights that a confined build does not get.

    A frontend is an image whose program writes the build's steps: it could leave out the namespace of the cache mounts, or
    send a step through a proxy without that being part of the layer's key. Only Docker's own, in versions that are known to
    keep to the rules, may be named; not by digest, which does not show its version. `name` is how messages call the file.

    Source of the rules: BuildKit's frontend/dockerfile/parser/directives.go, `DetectSyntax`. What is looked at here is more
    than BuildKit of any version reads, so that no way of writing it passes. Raises EngineError.
    """
    if dockerfile.stat().st_size > LARGEST:
        raise EngineError(f"{name} is larger than {LARGEST // 2**20} MiB; it is not built before its code is merged")
    text = dockerfile.read_bytes().decode("utf-8-sig", errors="replace")  # line ends as they are
    for frontend in _named(text):
        found = _DOCKERS_OWN.fullmatch(frontend)
        if found is None or (found["minor"] is not None and int(found["minor"]) < OLDEST):
            raise EngineError(
                f"{name} names the frontend {frontend[:80]!r}, which is not used before the code is merged; "
                f"leave the line out, or name docker/dockerfile:1 or a version of it from 1.{OLDEST} on"
            )
    for flag in _run_flags(text.split("\n"), name):
        given, _, value = flag.partition("=")
        if given.lower() == "--security" or (given.lower() == "--network" and value.lower() not in _NETWORKS):
            raise EngineError(f"{name} asks for {flag[:80]}, which a build of code that is not merged does not get")


def _named(text: str) -> Iterator[str]:
    """Every frontend that the file's head names, in comments of either kind, or as JSON."""
    lines = text.split("\n")
    if lines[0].startswith("#!"):
        del lines[0]
    if "\n".join(lines).lstrip("\ufeff \t\r\n\f\v").startswith("{"):
        yield "{… in JSON …}"
    for line in lines:
        if not _HEAD.match(line):
            return
        if found := _SYNTAX.fullmatch(line):
            yield found[1]


def _run_flags(lines: list[str], name: str) -> Iterator[str]:
    """The flags of each RUN that the file may have, whatever is read as an instruction before it.

    Every line may begin an instruction, also one in a here-document or after a line that ends with the escape character: so nothing
    that is written above a line hides it. Raises EngineError where one cannot be read.
    """
    for number in range(len(lines)):
        letters = _letters(lines, number, name)
        keyword = _word(letters).upper()
        if keyword == "ONBUILD":
            keyword = _word(letters).upper()
        if keyword == "RUN":
            while (flag := _word(letters, quoted=True)).startswith("--") and flag != "--":
                yield flag


def _letters(lines: list[str], first: int, name: str) -> Iterator[str]:
    """The characters of the instruction that begins at a line, with continued lines joined.

    Either escape character continues a line. As in BuildKit comments and empty lines in between are passed over.
    """
    continued = True
    for number in range(first, len(lines)):
        line = lines[number].strip()
        if number > first and (not line or line.startswith("#")):
            continue
        if number - first > MOST_LINES:
            raise EngineError(
                f"{name} spreads one instruction's flags over more than {MOST_LINES} lines; write them on one"
            )
        continued = line.endswith(_ESCAPES)
        yield from lines[number].rstrip()[:-1] if continued else lines[number].rstrip()
        if not continued:
            return


def _word(letters: Iterator[str], *, quoted: bool = False) -> str:
    """The next word, empty at the end. In flags quotes hold spaces together, and an escape keeps the next character as it is.

    Source: BuildKit's frontend/dockerfile/parser/line_parsers.go, `extractBuilderFlags`.
    """
    word, quote = "", ""
    for letter in letters:
        if quote:
            word, quote = (word, "") if letter == quote else (word + letter, quote)
        elif quoted and letter in "\"'":
            quote = letter
        elif quoted and letter in _ESCAPES:
            word += next(letters, "")
        elif not letter.isspace():
            word += letter
        elif word:
            break
    return word
