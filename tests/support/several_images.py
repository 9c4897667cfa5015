"""An app of two images on a server of the bed, deployed by the procedures themselves, and interrupted at any moment."""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline_defs.config import App
from pipeline_defs.orchestration.integration.image_push import push_images
from pipeline_defs.orchestration.integration.source_trees import with_trees
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image, Release
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.docker_engine import Engine
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
    retention: {{releases: 2}}
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

_DIGEST = "{{.Digest}}"


class Interrupted(BaseException):
    """Stands for a run that is killed: not an Exception, like Dagster's own."""


@dataclass
class SeveralImages(Fleet):
    """The app on one server. `releases` are those that were made, `built` the images that were built for them."""

    described: str = _DESCRIBED
    compose: str = _COMPOSE
    image: str = "several"
    releases: list[Release] = field(default_factory=list)
    built: list[ReleasedImage] = field(default_factory=list)

    def release(self, version: str, worker: str = "") -> Release:
        """Build what has to be built, and push a release, whose worker holds another word where one is given."""
        engine, app = Engine.find(self.folder), self.app
        tree = self.folder / f"tree-{version}"
        with shop.variables(shop.environment(self.bed)):
            registry = RegistryResource().of(app)
        for named in app.builds:
            (tree / named.name).mkdir(parents=True)
            write_source(tree / named.name, worker or version if named.name == "worker" else version)
        image = with_trees(app, _nothing_yet(app, version), tree, registry)
        local = [(each, f"{each.repository}:{tree_tag(each.tree)}") for each in image.images]
        for named, (each, name) in zip(app.builds, local, strict=True):
            if not each.digest:
                engine.build(tree, name, named.build, labels={"shipline.app": app.name})
                self.built.append(each)
        image = push_images(app, image, local, engine, registry, lambda line: None)
        engine.remove(*(name for _, name in local))
        outline = Release(
            app="pair",
            version=version,
            repository=app.image,
            digest=image.digest,
            commit=image.commit,
            configuration=configuration_hash(Site.of(app, "production"), self.files, {}),
            images=tuple(
                ReleasedImage(name=each.name, repository=each.repository, digest=each.digest) for each in image.images
            ),
        )
        self.releases.append(outline)
        return outline

    @property
    def rebuilt(self) -> int:
        """How many images were built though their source tree had been built before."""
        return len(self.built) - len({(each.name, each.tree) for each in self.built})

    def images(self) -> set[str]:
        """The images of the containers that run."""
        return set(self.servers[0].exec("sh", "-euc", _IMAGES).split())

    def there(self) -> set[str]:
        """The digests of the app's images on the server."""
        names = [each.repository for each in self.app.builds]
        listed = (
            self.servers[0].exec("docker", "image", "ls", "--all", "--digests", "--format", _DIGEST, name)
            for name in names
        )
        return {digest for lines in listed for digest in lines.split()}

    def runs(self, release: Release) -> bool:
        """Whether exactly the images of a release run."""
        return self.images() == set(release.references)


def _nothing_yet(app: App, version: str) -> Image:
    return Image(
        app=app.name, repository=app.image, digest="", version=version, commit=secrets.token_hex(20), branch="main", tree="", built_from=""
    )  # fmt: skip


def forget(app: SeveralImages, release: Release) -> None:
    """Have the server pull a release's images anew."""
    for reference in release.references:
        app.servers[0].exec("docker", "image", "rm", "-f", reference, check=False)


def killed_at_each_moment(app: SeveralImages, old: Release, new: Release, every: int = 1) -> tuple[int, list[str]]:
    """Interrupt a deployment of the new release over the old one at each moment, or at one of so many, and recover.

    Gives how often it was interrupted, and after which of them something else than one whole set ran: before anything was to be
    changed the old one, and after the recovery either.
    """
    moments: list[str] = []
    assert app.rollback(old).error is None
    forget(app, new)
    assert app.deploy(new, heard_by(moments.append)).error is None
    started = moments.index("begin start")
    times: Counter[str] = Counter()
    points, mixed = 0, list[str]()
    for place, moment in enumerate(moments):
        times[moment] += 1
        if place % every:
            continue
        if not app.runs(old):
            assert app.rollback(old).error is None and app.runs(old)
        forget(app, new)
        try:
            app.deploy(new, interrupted_at(moment, times[moment]))
        except Interrupted:
            points += 1
            if place < started and not app.runs(old):
                mixed.append(f"{moment}: {app.images()}")
        if app.rollback().error is not None or not (app.runs(old) or app.runs(new)):
            mixed.append(f"{moment}, and recovery: {app.images()}")
    return points, mixed


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
