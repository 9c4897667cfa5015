"""Source trees: which images of a commit the registry has already."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_defs.config import App
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.image_trees import tree_and_code, trees_of
from pipeline_defs.resources.published_images import published_set

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


def with_trees(app: App, image: Image, checkout: Path, registry: "Registry") -> Image:
    """The record with the trees of its images, and the digests of those that the registry has. Raises EngineError and RegistryError."""
    images = trees_of(app, checkout)
    tree, code = tree_and_code(app, images)
    digest = registry.digest_of(tree_tag(tree)) or ""
    found = _found(digest, images, registry) if app.images else ()
    return image.model_copy(update={"tree": tree, "code": code, "digest": digest, "images": found})


def kept_version(image: Image, digest: str, registry: "Registry") -> Image:
    """The record with the image, or the set, that has its version already: only configuration has changed since that was built."""
    as_built = [each.model_copy(update={"tree": each.code}) for each in image.images]
    images = published_set(registry, digest, as_built) if as_built else ()
    return image.model_copy(update={"digest": digest, "tree": image.code, "images": images})


def _found(digest: str, images: tuple[ReleasedImage, ...], registry: "Registry") -> tuple[ReleasedImage, ...]:
    """The images with their digests: those of their set, or, where there is no such set, each by its own tree."""
    if digest:
        return published_set(registry, digest, images)
    known = [registry.beside(each.repository).digest_of(tree_tag(each.tree)) for each in images]
    return tuple(each.model_copy(update={"digest": found or ""}) for each, found in zip(images, known, strict=True))
