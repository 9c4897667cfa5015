"""Build op: the source tree as an image, once."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.stage_log import Log, Stopwatch, open_log, stop
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import short, skipped
from pipeline_defs.orchestration.integration.image_builds import Making, alone, build_each
from pipeline_defs.orchestration.integration.source_trees import kept_version, with_trees
from pipeline_defs.orchestration.integration.tag_versioning import numbered
from pipeline_defs.orchestration.integration.untrusted_image import build_untrusted, require_still_own
from pipeline_defs.release.change import is_merge, queue_base
from pipeline_defs.release.policy import version_taken
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import code_tag, release_tag, tags_for
from pipeline_defs.release.version import Version
from pipeline_defs.resources.docker_engine import Engine, EngineResource
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.registry_resource import RegistryResource

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


def build_op(app: App) -> dg.OpDefinition:
    """The op `<app>_build`: gives the record its tree, and its digest where the registry has an image of this tree."""

    @dg.op(name=f"{app.name}_build", description="Builds the source tree with BuildKit, unless it was built before.")
    def build(
        context: dg.OpExecutionContext,
        image: Image,
        source: SourceResource,
        engine: EngineResource,
        registry: RegistryResource,
    ) -> Image:
        with open_log(context, hides=app) as log:
            watch = Stopwatch("build")
            repository = source.of(app)
            require_still_own(context, image, repository)
            docker = engine.find()
            if image.untrusted:
                image = build_untrusted(context, app, image, repository, docker, log)
                return image.model_copy(update={"steps": (*image.steps, watch.timing())})
            image = _built(context, app, image, repository, docker, registry.of(app), log)
            log.say(f"build: source tree {short(image.tree)} in {watch.seconds:.1f} s")
            return image.model_copy(update={"steps": (*image.steps, watch.timing())})

    return build


def _built(
    context: dg.OpExecutionContext,
    app: App,
    image: Image,
    repository: Source,
    docker: Engine,
    images: "Registry",
    log: Log,
) -> Image:
    """The record with its trees, version and tags, once the image is in the registry or on this machine. Raises dg.Failure."""
    locks = docker.workspace / "locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with repository.checkout(image.commit) as checkout:
        image = with_trees(app, image, checkout, images)
        if app.versioning == "tags":
            with alone(locks / f"version-{app.name}.lock", app.build.timeout, "finds the next version"):
                image = numbered(context, app, image, repository, images, log)
        tags = tags_of(app, image, context.run.tags.get("change", ""))
        image = _of_version(image.model_copy(update={"tags": tags}), images, log)
        making = Making(docker, checkout, _labels(image, repository.url), images, locks)
        built = build_each(app, image, making, log)
        if not built:
            context.add_output_metadata(skipped("built before"))
        elif app.images:
            context.add_output_metadata({"built": dg.MetadataValue.text(", ".join(built))})
    return image


def tags_of(app: App, image: Image, change: str) -> tuple[str, ...]:
    """The tags an image gets. `change` is the key of what asks for it: a merge names its pull request too, but has the branch's.

    An image that is made for the merge queue is found by its tree and its tests alone.
    """
    if queue_base(change):
        return ()  # what is merged in the end gets the tags
    of_pull = image.pull and not is_merge(change)
    branches = app.branches
    version = Version.parse(image.version)
    return tags_for(
        version,
        branch=image.branch,
        development=branches.development,
        main=branches.main,
        pull=image.pull if of_pull else 0,
        commit=image.commit,
    )


def _of_version(image: Image, images: "Registry", log: Log) -> Image:
    """Before anything is built: a released version's number is never given to another image.

    Where only configuration has changed since, the image that has the number is the one: it becomes a further release of that version.
    Raises dg.Failure where more has changed.
    """
    tag = release_tag(Version.parse(image.version))
    if tag not in image.tags:
        return image
    taken = images.digest_of(tag)
    if taken is not None and taken != image.digest and images.digest_of(code_tag(image.code)) == taken:
        log.say(f"only compose files or collections have changed since {image.version} was built, so its image is kept")
        return kept_version(image, taken, images)
    refusal = version_taken(image.app, image.version, image.digest, taken)
    if refusal:
        raise stop(refusal)
    return image


def _labels(image: Image, url: str) -> dict[str, str]:
    """OCI labels. They belong to the commit that built the image; the lineage names the ones it was promoted for.

    Source of the names: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
    """
    return {
        "shipline.app": image.app,
        REVISION: image.commit,
        "org.opencontainers.image.version": image.version,
        "org.opencontainers.image.source": url,
        "org.opencontainers.image.created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


REVISION = "org.opencontainers.image.revision"
"""The label with the commit that built an image."""
