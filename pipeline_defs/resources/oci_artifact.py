"""OCI artifact: something small beside an image in its registry, which says by its manifest which image it is about. Pure.

The form is that of https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md#guidelines-for-artifact-usage.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline_defs.resources.oci_manifest import MANIFEST, Manifest, descriptor

NOTHING = b"{}"
"""The configuration of what has none: the registry keeps it like any other content."""

_EMPTY = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True)
class Artifact:
    """Content of one media type, with what is said of it in the lists of what refers to an image.

    The same artifact about the same image is the same manifest to the byte, so putting it there twice changes nothing.
    """

    media_type: str
    content: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)

    def manifest(self, image: Manifest) -> Manifest:
        """Its manifest, with the image (or index of images) as the subject."""
        said = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": self.media_type,
            "config": descriptor(_EMPTY, NOTHING),
            "layers": [descriptor(self.media_type, self.content, annotations=dict(self.annotations))],
            "subject": descriptor(image.media_type, image.content),
            "annotations": dict(self.annotations),
        }
        return Manifest(MANIFEST, json.dumps(said, sort_keys=True).encode())

    def entry(self, image: Manifest) -> dict[str, Any]:
        """How a list names it: a descriptor with its type and annotations, by which it is found without being read."""
        manifest = self.manifest(image)
        return descriptor(MANIFEST, manifest.content, artifactType=self.media_type, annotations=dict(self.annotations))
