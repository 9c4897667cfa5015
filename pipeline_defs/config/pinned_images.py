"""Pinned images: by which digests the images of others are used (`pipeline_defs/images.lock`).

`python -m pipeline_defs.config.pinned_images` prints them as variables for `scripts/service`.
"""

import functools
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "images.lock"
SETTING = "SHIPLINE_IMAGES"
"""The variable: `tags` uses every image by its tag, as where stand-ins were built under these names."""

HOW = "scripts/lock writes their digests where Docker Hub is reached"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IN_SERVICE = {
    "SHIPLINE_CADDY": "caddy:2",
    "SHIPLINE_POSTGRES": "postgres:15",
    "SHIPLINE_REDIS": "redis:7",
    "SHIPLINE_PYTHON": "python:3.11-slim",
    "SHIPLINE_DEBIAN": "debian:bookworm-slim",
    "SHIPLINE_COMPOSE_BIN": "docker/compose-bin:v2.40.3",
}


def read_lock(file: Path) -> dict[str, str]:
    """Names and their digests, which are empty where there is none. Raises ValueError for a line that is neither, and OSError."""
    found = {}
    for line in file.read_text().splitlines():
        name, _, digest = line.partition(" ")
        if not name or name.startswith("#"):
            continue
        if digest and not _DIGEST.fullmatch(digest):
            raise ValueError(f"{file}: {digest!r} of {name} is no digest")
        found[name] = digest
    return found


def pinned(image: str) -> str:
    """The image by its digest where the lock has one: `caddy:2@sha256:…`. All others stay as they are."""
    digest = "" if _tags_alone() else _lock().get(image)
    return f"{image}@{digest}" if digest else image


def by_tag() -> list[str]:
    """The images of the lock that have no digest."""
    return [name for name, digest in _lock().items() if not digest]


def variables() -> dict[str, str]:
    """The images of the service, and those that its own are made of, as docker/compose.yaml and docker/Dockerfile name them."""
    return {variable: pinned(image) for variable, image in _IN_SERVICE.items()}


def note() -> str:
    """A sentence about what is not used by a digest; empty where there is nothing to say."""
    if _tags_alone():
        return f"images are used by their tags, as {SETTING} says"
    names = by_tag()
    return (
        f"used by their tags, which may be moved, as images.lock has no digests of them: {', '.join(names)}"
        if names
        else ""
    )


def _tags_alone() -> bool:
    return os.environ.get(SETTING) == "tags"


@functools.cache
def _lock() -> Mapping[str, str]:
    return read_lock(LOCK)


def main() -> None:
    """Print variables for a shell."""
    for name, image in variables().items():
        print(f"export {name}={shlex.quote(image)}")
    print(f"SHIPLINE_IMAGES_NOTE={shlex.quote(note())}")


if __name__ == "__main__":
    main()
