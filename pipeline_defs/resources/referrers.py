"""Referrers: what is kept in a registry about an image, found from the image's digest alone.

The rules are those of https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers. A registry that does
not list by itself gets the list under a tag, `sha256-…`, which other programs read and write as well.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pipeline_defs.resources.oci_artifact import NOTHING, Artifact
from pipeline_defs.resources.oci_manifest import INDEX, Manifest
from pipeline_defs.resources.registry_errors import RegistryError

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

Entry = dict[str, Any]
"""A descriptor in a list: media type, digest, size, and mostly artifact type and annotations."""

WRITES = 3
"""So often is a list under a tag written, when others write theirs at the same time and ours is lost."""


def attach(registry: "Registry", digest: str, artifact: Artifact) -> None:
    """Put an artifact beside the image of this digest, and into the list of what refers to it. What is there stays as it is.

    Raises RegistryError where the registry does not take it.
    """
    image = registry.manifest(digest)
    entry, manifest = artifact.entry(image), artifact.manifest(image)
    if any(each["digest"] == entry["digest"] for each in referrers(registry, digest)):
        return
    registry.keep(NOTHING)
    registry.keep(artifact.content)
    listed = registry.write(manifest.digest, manifest, f"keep what refers to {digest}")
    if listed != digest:
        _list(registry, digest, entry)


def referrers(registry: "Registry", digest: str) -> list[Entry]:
    """What refers to the image, in the registry's order. Raises RegistryError where the list cannot be read."""
    found: list[Entry] = []
    page: str | None = f"referrers/{digest}"
    while page:
        answer = registry.ask("GET", page, accept=(INDEX,))
        if answer.status_code == HTTPStatus.NOT_FOUND or (
            answer.ok and not _is_index(answer.headers.get("Content-Type", ""))
        ):
            return entries(registry.find(list_tag(digest)))
        registry.must(answer, f"list what refers to {digest}")
        found += entries(Manifest(INDEX, answer.content))
        page = answer.links.get("next", {}).get("url")
    return found


def list_tag(digest: str) -> str:
    """The tag of the list where the registry keeps none: `sha256-…`."""
    return digest.replace(":", "-")[:128]


def entries(index: Manifest | None) -> list[Entry]:
    """What a list names; nothing where there is none. Raises RegistryError for what is no list."""
    return list(_read(index)["manifests"]) if index else []


def with_entry(index: Manifest | None, entry: Entry) -> Manifest:
    """The list with one more entry: what others have put there, in whatever fields, stays as it is.

    A list that has it already is given back unchanged. Raises RegistryError for what is no list.
    """
    said: dict[str, Any] = _read(index) if index else {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    if index and any(each["digest"] == entry["digest"] for each in said["manifests"]):
        return index
    said["manifests"] = [*said["manifests"], entry]
    return Manifest(INDEX, json.dumps(said).encode())


def _list(registry: "Registry", digest: str, entry: Entry) -> None:
    """Write the entry into the list under the tag, until it is found there."""
    tag = list_tag(digest)
    for _ in range(WRITES):
        before = registry.find(tag)
        after = with_entry(before, entry)
        if after == before:
            return
        registry.write(tag, after, f"write the list {tag}")
    if with_entry(written := registry.find(tag), entry) != written:
        raise RegistryError(f"the registry {registry.host} loses what is written to the list {tag} in {registry.name}")


def _read(index: Manifest) -> dict[str, Any]:
    try:
        said = json.loads(index.content)
        if index.media_type == INDEX and all(isinstance(each["digest"], str) for each in said["manifests"]):
            return dict(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise RegistryError(
        f"what should list the referrers of an image is no such list ({index.digest}); it is left as it is"
    )


def _is_index(content_type: str) -> bool:
    return content_type.partition(";")[0].strip() == INDEX
