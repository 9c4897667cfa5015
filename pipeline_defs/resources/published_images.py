"""Published images: the images of a release in the registry, and the entry there that stands for a set of them.

The entry is an image itself, of one small file, so that every registry keeps it and every client can read it. It is the same to the
byte whenever the images are the same, and nobody runs it.
"""

import io
import json
import tarfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline_defs.release.image_set import LABEL, ReleasedImage, read, with_digests, written
from pipeline_defs.resources.oci_manifest import MANIFEST, Manifest, descriptor, digest_of
from pipeline_defs.resources.registry_errors import RegistryError

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_FILE = "images.json"


def publish_set(registry: "Registry", app: str, images: Iterable[ReleasedImage], platform: str) -> str:
    """Put a set of images that are in the registry there as one entry; gives its digest.

    `platform` is that of the images, such as `linux/amd64`. Raises RegistryError.
    """
    said = written(images)
    layer = _layer(said.encode())
    os, architecture, *_ = *platform.split("/"), ""
    config = {
        "os": os,
        "architecture": architecture,
        "config": {"Labels": {"shipline.app": app, LABEL: said}},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
    }
    content = json.dumps(config, sort_keys=True).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(_CONFIG, content),
        "layers": [descriptor(_LAYER, layer)],
    }
    entry = Manifest(MANIFEST, json.dumps(manifest, sort_keys=True).encode())
    for each in (content, layer):
        registry.keep(each)
    registry.write(entry.digest, entry, "keep the set of images")
    return entry.digest


def published_set(registry: "Registry", digest: str, wanted: Iterable[ReleasedImage] = ()) -> tuple[ReleasedImage, ...]:
    """The images of a set, by its digest: those that are `wanted` with their digests. Raises RegistryError for anything else."""
    label = registry.config_labels(digest).get(LABEL, "")
    try:
        found = read(label)
        return with_digests(wanted, found) if wanted else found
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise RegistryError(
            f"{registry.repository}@{digest} is not the set of images that it should be; remove the tags that name it, and run again"
        ) from None


def tag_each(
    registry: "Registry", digest: str, images: Iterable[ReleasedImage], *tags: str, found_by: Iterable[str] = ()
) -> None:
    """Make the tags name an image, or a set and then each image of it. The set comes first: what it has counts.

    `found_by` are tags of the set, or of the only image, alone. They come before all others. Raises RegistryError.
    """
    registry.tag(digest, *found_by, *tags)
    for each in images:
        registry.beside(each.repository).tag(each.digest, *tags)


def platforms_of_each(registry: "Registry", digest: str, images: Iterable[ReleasedImage]) -> tuple[str, ...]:
    """What an image, or each image of a set, was built for. Raises RegistryError."""
    built = [registry.beside(each.repository).platforms(each.digest) for each in images]
    if not built:
        return registry.platforms(digest)
    return tuple(platform for platform in built[0] if all(platform in other for other in built))


def _layer(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(_FILE)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
