"""Image push: the images of a release into the registry, and the set that stands for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline_defs.config import App
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.published_images import platforms_of_each, publish_set
from pipeline_defs.server.core.command import Listener

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

Local = Sequence[tuple[ReleasedImage, str]]
"""Images, with what each is called on this machine's Engine."""


def push_images(
    app: App, image: Image, local: Local, engine: Engine, registry: "Registry", listen: Listener, *, tag: str = ""
) -> Image:
    """The record with the digests of what is in the registry afterwards. What is there already is not sent.

    Each image gets the tag of its source tree first, or `tag`, and the set comes last: a run that is killed among them leaves images
    that the next one finds. Raises EngineError and RegistryError.
    """
    pushed = []
    for each, name in local:
        digest = each.digest or engine.push(
            name,
            registry.beside(each.repository),
            tag or tree_tag(each.tree),
            timeout=app.push.timeout,
            listen=listen,
        )
        pushed.append(each.model_copy(update={"digest": digest}))
    if not app.images:
        return image.model_copy(update={"digest": pushed[0].digest})
    platform = next(iter(platforms_of_each(registry, "", pushed)), "")
    digest = image.digest or publish_set(registry, app.name, pushed, platform)
    registry.tag(digest, tag or tree_tag(image.tree))
    return image.model_copy(update={"digest": digest, "images": tuple(pushed)})
