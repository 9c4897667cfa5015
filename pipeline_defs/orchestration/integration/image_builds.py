"""Image builds: the images of a commit are built side by side, each only where nobody has built its source tree before."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline_defs.config import App
from pipeline_defs.config.build import Build
from pipeline_defs.config.images import NamedBuild
from pipeline_defs.deployments.protocols import Telling
from pipeline_defs.deployments.stage_log import Log, stop
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.builders import builder_of
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.dockerfile import refuse_ungiven
from pipeline_defs.resources.image_trees import about_image
from pipeline_defs.resources.side_by_side import side_by_side

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


@dataclass(frozen=True)
class Making:
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


def build_each(app: App, image: Image, making: Making, log: Log) -> list[str]:
    """Build each image that neither the registry nor this machine has, side by side; gives the names of those that were built.

    Raises dg.Failure, EngineError and SecretUnavailable.
    """
    pairs = list(zip(app.builds, image.each, strict=True))
    works = [partial(_make, making, named, each, _Lines(log, named.name)) for named, each in pairs]
    made = side_by_side(works, _at_once(app))
    return [named.name for (named, _), new in zip(pairs, made, strict=True) if new]


def _make(making: Making, named: NamedBuild, image: ReleasedImage, told: _Lines) -> bool:
    """Build one image, unless the registry or this machine has it; gives whether it was built."""
    name = local_name(image)
    with alone(making.locks / f"{image.tree}.lock", named.build.timeout):  # another run may be building the very same
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
def alone(file: Path, seconds: float, doing: str = "builds the same source tree") -> Iterator[None]:
    """In this block no other run does the same. Raises dg.Failure where that takes longer than `seconds`."""
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
