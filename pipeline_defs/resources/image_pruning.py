"""Image pruning: what builds have left on a Docker Engine, and what of it can go."""

import json
import re
import time
from collections.abc import Collection, Iterator

from pipeline_defs.release.byte_size import size
from pipeline_defs.resources.docker_client import Client, EngineError, last_line

_SECONDS = 900.0
_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two tries to learn what images take up."""
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
    # buildx renamed the option in 0.17, and warns of the older name.
    options = client.run("builder", "prune", "--help").stdout
    keep = "--reserved-space" if "--reserved-space" in options else "--keep-storage"
    pruned = client.run("builder", "prune", "--all", "--force", keep, str(most), timeout=_SECONDS)
    if not pruned.ok:
        raise EngineError(f"BuildKit's cache cannot be pruned: {last_line(pruned)}")
    said = re.search(r"^Total(?: reclaimed space)?:\s+(\S+)", pruned.stdout, re.MULTILINE)
    return said[1] if said else "0B"


def _images(client: Client) -> list[dict[str, str]]:
    """What the Engine says of its images. With containerd's image store it fails for some seconds while snapshots of builds go."""
    for seconds in (*_PAUSES, None):
        listed = client.run("system", "df", "--verbose", "--format", "{{json .Images}}", timeout=_SECONDS)
        if listed.ok or seconds is None:
            break
        time.sleep(seconds)
    if not listed.ok:
        raise EngineError(f"the Engine does not say what its images take up: {last_line(listed)}")
    images: list[dict[str, str]] = json.loads(listed.stdout) or []
    return images


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text)
    return int(float(match[1]) * _UNITS[match[2]]) if match else 0
