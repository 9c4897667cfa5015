"""Build op: the source tree as an image, once."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from filelock import FileLock, Timeout

from pipeline_defs.config import App
from pipeline_defs.config.build import Build
from pipeline_defs.config.images import NamedBuild
from pipeline_defs.deployments.protocols import Telling
from pipeline_defs.deployments.stage_log import Log, Stopwatch, open_log, stop
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import short, skipped
from pipeline_defs.orchestration.integration.source_trees import kept_version, with_trees
from pipeline_defs.orchestration.integration.tag_versioning import numbered
from pipeline_defs.orchestration.integration.untrusted_image import build_untrusted, require_still_own
from pipeline_defs.release.change import is_merge, queue_base
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.policy import version_taken
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import code_tag, release_tag, tags_for, tree_tag
from pipeline_defs.release.version import Version
from pipeline_defs.resources.builders import builder_of
from pipeline_defs.resources.docker_engine import Engine, EngineResource
from pipeline_defs.resources.dockerfile import refuse_ungiven
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.image_trees import about_image
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.side_by_side import side_by_side

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
            with _alone(locks / f"version-{app.name}.lock", app.build.timeout, "finds the next version"):
                image = numbered(context, app, image, repository, images, log)
        tags = tags_of(app, image, context.run.tags.get("change", ""))
        image = _of_version(image.model_copy(update={"tags": tags}), images, log)
        making = _Making(docker, checkout, _labels(image, repository.url), images, locks)
        works = [
            partial(_make, making, named, each, _Lines(log, named.name))
            for named, each in zip(app.builds, image.each, strict=True)
        ]
        made = side_by_side(works, _at_once(app))
        if not any(made):
            context.add_output_metadata(skipped("built before"))
        elif app.images:
            built = ", ".join(named.name for named, new in zip(app.builds, made, strict=True) if new)
            context.add_output_metadata({"built": dg.MetadataValue.text(built)})
    return image


@dataclass(frozen=True)
class _Making:
    """What all images of a commit are built with."""

    docker: Engine
    checkout: Path
    labels: Mapping[str, str]
    registry: "Registry"
    locks: Path


@dataclass(frozen=True)
class _Lines:
    """What is told of one image; of several each line begins with its name."""

    log: Log
    name: str

    def say(self, text: str) -> None:
        """Tell a milestone."""
        self.log.say(f"{self.name}: {text}" if self.name else text)

    def listen(self, line: str) -> None:
        """Take one line of a command's output."""
        self.log.listen(f"{self.name} | {line}" if self.name else line)


def _make(making: _Making, named: NamedBuild, image: ReleasedImage, told: _Lines) -> bool:
    """Build one image, unless the registry or this machine has it; gives whether it was built."""
    name = local_name(image)
    with _alone(making.locks / f"{image.tree}.lock", named.build.timeout):  # another run may be building the very same
        if image.digest or making.docker.has(name):
            told.say(f"skipped: built before: {image.reference if image.digest else name}")
            return False
        with about_image(named.name):
            registry = making.registry.beside(named.repository)
            build_here(making.docker, named.build, making.checkout, name, making.labels, registry, told)
        return True


def _at_once(app: App) -> int:
    """How many images are built at the same time: what the builders take, or as many as this machine has processors."""
    builders = dict.fromkeys(builder for each in app.builds for builder in each.build.builders)
    return sum(each.builds for each in builders) or os.cpu_count() or 1


def build_here(
    here: Engine,
    build: Build,
    checkout: Path,
    name: str,
    labels: Mapping[str, str],
    images: "Registry",
    log: Telling,
) -> None:
    """Build an image under a name of this machine's Engine, on whichever builder is free. Raises EngineError."""
    refuse_ungiven(checkout, build)
    with builder_of(here, build, log.say) as engine:
        nothing: tuple[tuple[str, ...], dict[str, str]] = ((), {})
        with engine.cached(images) if build.cache == "registry" else nullcontext(nothing) as (more, environment):
            engine.build(checkout, name, build, labels=labels, listen=log.listen, more=more, environment=environment)


@contextmanager
def _alone(file: Path, seconds: float, doing: str = "builds the same source tree") -> Iterator[None]:
    lock = FileLock(file, timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise stop(
            f"the build has waited for {seconds:g} s (build.timeout) for another run that {doing}; "
            "see in the page whether that one hangs, and start this one again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def local_name(image: Image | ReleasedImage) -> str:
    """What the image is called on the machine that built it: its own name with the tag of its source tree."""
    return f"{image.repository}:{tree_tag(image.tree)}"


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
