"""Pruning: what builds have left on a Docker Engine, and what of it can go."""

import json
import re
from collections.abc import Collection, Iterator

from pipeline_defs.release.size import size
from pipeline_defs.resources.client import Client, EngineError, last_line

_SECONDS = 900.0
_TREE = "tree-"
_SIZE = re.compile(r"([0-9.]+)([kMGT]?B)")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}  # as the docker client writes them


def prune_images(client: Client, repositories: Collection[str], most: int) -> Iterator[str]:
    """Remove images of builds under these names until what they alone have takes up `most` bytes, the oldest first.

    Registry and servers have their own: here an image only saves building it again. One that a container was made of stays.
    Gives a line for each that it removes. Raises EngineError.
    """
    images = [each for each in _images(client) if each["Repository"] in repositories and each["Tag"].startswith(_TREE)]
    total = sum(_bytes(each["UniqueSize"]) for each in images)
    for image in sorted(images, key=lambda each: each["CreatedAt"]):
        if total <= most:
            return
        name, own = f"{image['Repository']}:{image['Tag']}", _bytes(image["UniqueSize"])
        if client.run("image", "rm", "--", name).ok:
            total -= own
            yield f"removed the image {name}, {size(own)}"


def prune_cache(client: Client, most: int) -> str:
    """Let BuildKit keep `most` bytes of its cache and remove the rest of what no build uses, the oldest first; says how much that was.

    Raises EngineError.
    """
    pruned = client.run("builder", "prune", "--all", "--force", "--keep-storage", str(most), timeout=_SECONDS)
    if not pruned.ok:
        raise EngineError(f"BuildKit's cache cannot be pruned: {last_line(pruned)}")
    said = re.search(r"^Total(?: reclaimed space)?:\s+(\S+)", pruned.stdout, re.MULTILINE)
    return said[1] if said else "0B"


def _images(client: Client) -> list[dict[str, str]]:
    listed = client.run("system", "df", "--verbose", "--format", "{{json .Images}}", timeout=_SECONDS)
    if not listed.ok:
        raise EngineError(f"the Engine does not say what its images take up: {last_line(listed)}")
    images: list[dict[str, str]] = json.loads(listed.stdout) or []
    return images


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text)
    return int(float(match[1]) * _UNITS[match[2]]) if match else 0
