"""OCI manifest: what a digest names in a registry, by the OCI image specification 1.1. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEXES = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")


def digest_of(content: bytes) -> str:
    """What bytes are called in a registry: `sha256:…`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_digest(text: str) -> bool:
    """True for `sha256:…`. What a registry names may be anything, and what is asked for becomes part of an address."""
    return re.fullmatch(r"sha256:[0-9a-f]{64}", text) is not None


def media_type_of(content_type: str, content: bytes) -> str:
    """What a manifest is: by the header it came with, else by itself; empty where neither says so."""
    named = content_type.partition(";")[0].strip()
    try:
        return named or str(json.loads(content)["mediaType"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def descriptor(media_type: str, content: bytes, **more: Any) -> dict[str, Any]:
    """How a manifest names some bytes: by type, digest and size. `more` are further fields, such as annotations."""
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content), **more}


@dataclass(frozen=True)
class Manifest:
    """A manifest or an index, as the very bytes the registry keeps."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """`sha256:…`; its identity."""
        return digest_of(self.content)
