"""Push op: the tested image into the registry, under its names; the last stage of an image."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App, Home
from pipeline_defs.deployments.attempt_text import steps_text
from pipeline_defs.deployments.stage_log import Log, Stopwatch, open_log
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.lineage.metadata import image_metadata, links
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.image_assets import image_events
from pipeline_defs.orchestration.integration.image_builds import local_name
from pipeline_defs.orchestration.integration.image_push import push_images
from pipeline_defs.orchestration.integration.untrusted_image import note_checked, push_for_rehearsal, rehearsed_next
from pipeline_defs.orchestration.ops.build_op import REVISION
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import code_tag, release_tag, tested_tag
from pipeline_defs.release.version import Version
from pipeline_defs.resources.attestation import attest, statement_of
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.resources.published_images import tag_each
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_resource import RegistryResource

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


def push_op(app: App) -> dg.OpDefinition:
    """The op `<app>_push`: the record's end, kept as the materialization of the asset `<app>_image`."""

    @dg.op(
        name=f"{app.name}_push",
        out=dg.Out(dg.Nothing, is_required=False),  # an untrusted run makes no image
        description=(
            "Pushes the tested image by its digest and moves its tags; no layer is sent where the registry has it. After this the image "
            "exists: what follows never builds it again."
        ),
    )
    def push(
        context: dg.OpExecutionContext, image: Image, engine: EngineResource, registry: RegistryResource
    ) -> Iterator[dg.Output[None]]:
        with open_log(context, hides=app) as log:
            watch = Stopwatch("push")
            if image.untrusted:
                checked = _kept(context, app, image, engine, registry, log)
                return note_checked(context, app, checked, log, watch.timing())
            images = registry.of(app)
            # The tree's tag comes first: a run that is killed among the tags leaves an image that the next run finds and goes on
            # with, instead of building another of that version. What was proved of it has a tag of its own.
            local = [(each, local_name(each)) for each in image.each]
            if not image.digest:
                image = push_images(app, image, local, engine.find(), images, log.listen)
            tag_each(images, image.digest, image.images, *image.tags, found_by=_found_by(image))
            image = _with_origins(context, app, image, images)
            image = image.model_copy(
                update={
                    "steps": (*image.steps, watch.timing()),
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                }
            )
            context.instance.add_run_tags(context.run_id, release_tags(image))
            kept = ", ".join(image.tags) or "kept by its tree"
            log.say(f"push: {image.reference} is {kept}\n\n{steps_text(image.steps)}")
            log.say(f"push: {_attest(app, image, images)}")
            for event in image_events(app, image):
                context.log_event(event)
            metadata = {**image_metadata(image), **links(app, image)}
            yield dg.Output(None, metadata=metadata, data_version=dg.DataVersion(image.digest))

    return push


def _kept(
    context: dg.OpExecutionContext, app: App, image: Image, engine: EngineResource, registry: RegistryResource, log: Log
) -> Image:
    """The image of a pull request, pushed where a rehearsal needs it."""
    if not rehearsed_next(context, app):
        return image
    return push_for_rehearsal(app, image, engine.find(), registry.of(app), log)


def _with_origins(context: dg.OpExecutionContext, app: App, image: Image, registry: "Registry") -> Image:
    """The record with the commit that built each image; of a set, the one that it was first put together for."""
    images = tuple(
        each.model_copy(update={"built_from": _built_from(registry.beside(each.repository), each.digest)})
        for each in image.images
    )
    if not images:
        return image.model_copy(update={"built_from": _built_from(registry, image.digest)})
    known = [each.built_from for each in Lineage(context.instance).images(app) if each.digest == image.digest]
    return image.model_copy(update={"images": images, "built_from": known[-1] if known else image.commit})


def _built_from(registry: "Registry", digest: str) -> str:
    return registry.config_labels(digest).get(REVISION, "")


def _found_by(image: Image) -> Iterator[str]:
    """The tags by which a later run finds what was proved of the image, and the image of a version itself."""
    if image.tested:
        yield tested_tag(image.tested)
    if image.code and release_tag(Version.parse(image.version)) in image.tags:
        yield code_tag(image.code)


def _attest(app: App, image: Image, images: "Registry") -> str:
    """Put the statement of how the image was made beside it, and say what came of it.

    The image is there and tested by now, so a registry that does not take the statement fails no run.
    """
    try:
        put = attest(images, image, statement_of(app, image, Home.find().page))
        for each in image.images:
            one = image.model_copy(update={**each.model_dump(exclude={"name"}), "images": ()})
            attest(images.beside(each.repository), one, statement_of(app, one, Home.find().page))
    except RegistryError as error:
        return f"its provenance is not beside it, and all else goes on: {error}"
    return "its provenance is beside it in the registry" + ("" if put else ", as the run that made it has put it there")
