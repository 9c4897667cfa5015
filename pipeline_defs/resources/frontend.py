"""Frontend: the program that turns a Dockerfile into build steps, which a Dockerfile may choose by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline_defs.resources.client import EngineError

LARGEST = 2**20
"""Bytes. No Dockerfile is larger."""

OLDEST = 2
"""Docker's own frontend knows cache namespaces since 1.1.2 (moby/buildkit 26d5ebd18); before, cache mounts are everybody's."""

_HEAD = re.compile(r"\s*(#|//|$)")
_SYNTAX = re.compile(r"\s*(?:#|//)\s*syntax\s*=\s*(.*?)\s*", re.IGNORECASE)
_DOCKERS_OWN = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|1|1\.(?P<minor>[0-9]{1,3})(?:\.[0-9]{1,3})?))?"
)
_COMMENT = re.compile(r"^[ \t]*#.*\n", re.MULTILINE)
_CONTINUED = re.compile(r"[\\`][ \t\r]*\n")
_ENTITLED = re.compile(r"^\s*(?:ONBUILD\s+)?RUN\s(?:\s*--\S+)*?\s*--(network\s*=\s*host|security)", re.I | re.MULTILINE)


def refuse_foreign_frontend(dockerfile: Path, name: str) -> None:
    """Refuse a Dockerfile that brings a frontend of its own, or asks for rights that a build of a fork does not get.

    A frontend is an image whose program writes the build's steps: it could leave out the namespace of the cache mounts, or
    send a step through a proxy without that being part of the layer's key. Only Docker's own, in versions that are known to
    keep to the rules, may be named; not by digest, which does not show its version. `name` is how messages call the file.

    Source of the rules: BuildKit's frontend/dockerfile/parser/directives.go, `DetectSyntax`. What is looked at here is more
    than BuildKit of any version reads, so that no way of writing it passes. Raises EngineError.
    """
    if dockerfile.stat().st_size > LARGEST:
        raise EngineError(f"{name} is larger than {LARGEST // 2**20} MiB; it is not built for a fork")
    text = dockerfile.read_bytes().decode("utf-8-sig", errors="replace")  # line ends as they are
    for frontend in _named(text):
        found = _DOCKERS_OWN.fullmatch(frontend)
        if found is None or (found["minor"] is not None and int(found["minor"]) < OLDEST):
            raise EngineError(
                f"{name} names the frontend {frontend[:80]!r}, which is not used for a fork; "
                f"leave the line out, or name docker/dockerfile:1 or a version of it from 1.{OLDEST} on"
            )
    entitled = _ENTITLED.search(_plain(text))
    if entitled:
        raise EngineError(f"{name} asks for --{entitled[1].lower()}, which a build of a fork does not get")


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


def _plain(text: str) -> str:
    """Comments left out, lines joined and quotes dropped, as the parser does before it reads an instruction's flags."""
    return re.sub(r"[\"'\\`]", "", _CONTINUED.sub("", _COMMENT.sub("", text)))
