"""An app of two images on a server of the bed, deployed by the procedures themselves, and interrupted at any moment."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Release
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.published_images import publish_set
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.server.compose.bundle import configuration_hash
from pipeline_defs.server.core.command import Command, Listener, Result
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.fleet.member import Line
from tests.support import shop
from tests.support.fleet import DESCRIBED, Fleet, Through, write_source
from tests.support.moments import Moments

_DESCRIBED = (
    DESCRIBED
    + """\
    also: [worker]
    health: {{timeout: 20}}
    test: {{command: [/bin/sh, -c, "echo tested"], junit: null}}
images:
  web: {{context: web, dockerfile: web/Dockerfile}}
  worker: {{context: worker, dockerfile: worker/Dockerfile}}
"""
)
_COMPOSE = """\
x-program: &program
  command: [/bin/sh, -c, "while :; do sleep 600; done"]
  stop_signal: KILL
services:
  web: {<<: *program, image: "${IMAGE_WEB}"}
  worker: {<<: *program, image: "${IMAGE_WORKER:?}"}
"""
_IMAGES = """
for id in $(docker ps -q --filter label=com.docker.compose.project=pair-production); do
  docker inspect -f '{{.Config.Image}}' "$id"; done
"""


class Interrupted(BaseException):
    """Stands for a run that is killed: not an Exception, like Dagster's own."""


@dataclass
class SeveralImages(Fleet):
    """The app on one server. `releases` are those that were made."""

    described: str = _DESCRIBED
    compose: str = _COMPOSE
    image: str = "several"
    releases: list[Release] = field(default_factory=list)

    def release(self, version: str, worker: str = "") -> Release:
        """Build and push a release, whose worker holds another word where one is given."""
        engine, app = Engine.find(self.folder), self.app
        tree = self.folder / f"tree-{version}"
        with shop.variables(shop.environment(self.bed)):
            registry = RegistryResource().of(app)
        images = []
        for named in app.builds:
            (tree / named.name).mkdir(parents=True)
            write_source(tree / named.name, worker or version if named.name == "worker" else version)
            tag = f"{named.repository}:test-{version}-{secrets.token_hex(3)}"
            built = engine.build(tree, tag, named.build, labels={"shipline.app": app.name})
            digest = engine.push(built, registry.beside(named.repository), version)
            engine.remove(tag, f"{named.repository}:{version}")
            images.append(ReleasedImage(name=named.name, repository=named.repository, digest=digest))
        digest = publish_set(registry, app.name, images, "linux/amd64")
        registry.tag(digest, version)
        outline = Release(
            app="pair",
            version=version,
            repository=app.image,
            digest=digest,
            commit=secrets.token_hex(20),
            images=tuple(images),
        )
        frozen = configuration_hash(Site.of(app, "production"), self.files, {})
        self.releases.append(outline.model_copy(update={"configuration": frozen}))
        return self.releases[-1]

    def images(self) -> set[str]:
        """The images of the containers that run."""
        return set(self.servers[0].exec("sh", "-euc", _IMAGES).split())

    def runs(self, release: Release) -> bool:
        """Whether exactly the images of a release run."""
        return self.images() == set(release.references)


@dataclass
class _Heard:
    """The real server; every moment of what happens there is told, and each line that is said."""

    line: Line
    tell: Callable[[str], None]

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""

        def hear(said: str) -> None:
            if said.endswith("Pulling from several-worker"):
                self.tell("pull of the second image")
            if listen:
                listen(said)

        return Moments(self.line, self.tell).run(command, timeout=timeout, listen=hear)

    def close(self) -> None:
        """Hang up."""
        self.line.close()


def heard_by(tell: Callable[[str], None]) -> Through:
    """Every moment on the server is told."""
    return lambda lines: [_Heard(line, tell) for line in lines]


def interrupted_at(moment: str, nth: int = 1) -> Through:
    """The procedure is interrupted at a moment, the nth time that there is one."""
    left = nth

    def tell(now: str) -> None:
        nonlocal left
        left -= now == moment
        if left == 0 and now == moment:
            raise Interrupted(moment)

    return heard_by(tell)
