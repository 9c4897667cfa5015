"""Images: the several images of one release, as an app's file names them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from pipeline_defs.config.build import Build
from pipeline_defs.config.config_errors import Mistake, mistake
from pipeline_defs.config.environment import Environment
from pipeline_defs.config.value_types import ImageName

DOCKER_HUB = "docker.io"
_PREFIX = "IMAGE_"


class ImageBuild(Build):
    """One of several images. What it does not say is as `build` of the app says it."""

    image: ImageName | None = Field(
        default=None,
        description="its name in the registry; by default the app's `image` with this one's name after a dash: `team/shop-worker`",
    )


@dataclass(frozen=True)
class NamedBuild:
    """An image that is built: its name in the app's file (empty for an app's only one), its name in the registry, and how it is built."""

    name: str
    repository: str
    build: Build

    @property
    def key(self) -> str:
        """The key of the app's file that says how it is built."""
        return f"images.{self.name}" if self.name else "build"


def variable_of(name: str) -> str:
    """The variable by which a compose file names an image: `IMAGE_WORKER`."""
    return f"{_PREFIX}{name.upper()}"


def repository_of(image: str, name: str) -> str:
    """What one of several images is called in the registry where the app's file does not say it."""
    return f"{image}-{name.replace('_', '-').strip('-')}"


def named_builds(image: str, build: Build, images: Mapping[str, ImageBuild]) -> tuple[NamedBuild, ...]:
    """What is built for an app, in the order of its file."""
    if not images:
        return (NamedBuild("", image, build),)
    return tuple(
        NamedBuild(name, each.image or repository_of(image, name), _with_defaults(build, each))
        for name, each in images.items()
    )


def _with_defaults(build: Build, own: ImageBuild) -> Build:
    given: dict[str, Any] = {name: getattr(own, name) for name in own.model_fields_set & Build.model_fields.keys()}
    return build.model_copy(update=given)


def host_of(repository: str) -> str:
    """The registry that has a repository, as Docker reads its name."""
    first, _, rest = repository.partition("/")
    return first if rest and ("." in first or ":" in first or first == "localhost") else DOCKER_HUB


def wrong_images(
    image: str, builds: Sequence[NamedBuild], environments: Mapping[str, Environment], tests: Mapping[str, str]
) -> Iterator[Mistake]:
    """What keeps several images from being one release. `image` is its name, `tests` are the variables of the images' tests."""
    taken = {image: "image"}
    for each in builds:
        where = ("images", each.name)
        if each.repository in taken:
            allowed = f"another name in the registry than that of {taken[each.repository]}"
            yield mistake(*where, "image", found=each.repository, allowed=allowed)
        if host_of(each.repository) != host_of(image):
            allowed = f"a name in the registry of `image` ({host_of(image)}), for which the log-in is"
            yield mistake(*where, "image", found=each.repository, allowed=allowed)
        if each.build.builders and not each.build.fitting:
            allowed = f"a builder for {each.build.platforms[0]}, or one that does not say for which platforms it is"
            yield mistake(*where, "builders", found=", ".join(map(str, each.build.builders)), allowed=allowed)
        if set(each.build.platforms) != set(builds[0].build.platforms):
            allowed = f"the platforms of {builds[0].name}: a server runs all images of a release"
            yield mistake(*where, "platforms", found=list(each.build.platforms), allowed=allowed)
        if f"image_{each.name}" in environments:
            allowed = f"another name: the image {each.name} is image_{each.name} in the lineage"
            yield mistake("environments", f"image_{each.name}", found=f"image_{each.name}", allowed=allowed)
        taken[each.repository] = f"images.{each.name}"
    yield from _taken_variables([each.name for each in builds], environments, tests)


def _taken_variables(
    names: Sequence[str], environments: Mapping[str, Environment], tests: Mapping[str, str]
) -> Iterator[Mistake]:
    """Variables that Shipline sets itself."""
    own = {variable_of(name): name for name in names}
    places: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [
        (("environments", name, key), getattr(environment, key))
        for name, environment in environments.items()
        for key in ("environment", "secrets")
    ]
    for where, given in [*places, (("test", "environment"), tests)]:
        for variable in own.keys() & given.keys():
            allowed = f"another name: this is the image {own[variable]}, which Shipline sets"
            yield mistake(*where, variable, found=variable, allowed=allowed)
