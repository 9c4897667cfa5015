"""Docker engine: the Docker Engine of the machine that runs Shipline. It builds, tests and pushes."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import ConfigurableResource

from pipeline_defs.config.build import Build, ImageTest
from pipeline_defs.config.home import Home
from pipeline_defs.release.tags import LATEST, STAGING, STAGING_DEV
from pipeline_defs.resources.build_secrets import build_secrets
from pipeline_defs.resources.compose_test_run import TestRun, run_tests
from pipeline_defs.resources.docker_client import Client, EngineError, Stage, find_client, last_line
from pipeline_defs.resources.docker_config import client_config
from pipeline_defs.resources.scratch import scratch
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.server.core.command import Listener, Result

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

PUSH_SECONDS = 1800.0

_CACHES = (STAGING_DEV, STAGING, LATEST)
"""Tags of the images in which layers are looked for: what was built last, and what others than development have."""


@dataclass(frozen=True)
class Engine:
    """The Engine as its client reaches it. `workspace` is where files live while the Engine needs them, under the same path."""

    client: Client
    workspace: Path

    @classmethod
    def find(cls, workspace: Path) -> "Engine":
        """The Engine of this machine. Raises EngineError where no client can build or no Engine answers."""
        return cls(find_client(), workspace)

    def build(
        self,
        checkout: Path,
        tag: str,
        build: Build,
        *,
        labels: Mapping[str, str],
        listen: Listener | None = None,
        more: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Build with BuildKit and give the image's id (`sha256:…`); the Engine's own cache serves the layers.

        Args:
            checkout: the folder in which `build` names Dockerfile and context.
            labels: names and values, such as `org.opencontainers.image.revision`.
            more, environment: further options of `docker build` and variables of the client.

        Raises:
            EngineError: with the Dockerfile's step that failed and the last lines it said.
            SecretUnavailable: a secret of the build is not there.
        """
        dockerfile = inside(checkout, build.dockerfile, "build.dockerfile")
        folder = inside(checkout, build.context, "build.context", folder=True)
        words = ["--file", str(dockerfile), "--tag", tag, "--progress", "plain"]
        for name, value in sorted(build.arguments.items()):
            words += ["--build-arg", f"{name}={value}"]
        for name, value in sorted(labels.items()):
            words += ["--label", f"{name}={value}"]
        words += ["--target", build.target] if build.target else []
        words += ["--platform", ",".join(build.platforms)] if build.platforms else []
        # Attestations would wrap the image in an index that names the builder: another digest for the same image.
        start = ["buildx", "build", "--load", "--provenance=false", "--sbom=false"] if self.client.buildx else ["build"]
        with scratch(self.workspace / "builds") as own:
            given = build_secrets(build, own)
            built = self.client.run(
                *start,
                *words,
                *given.words,
                *more,
                "--",
                str(folder),
                timeout=build.timeout,
                listen=listen,
                environment={**given.environment, **(environment or {})},
                stage=Stage("the build", "build.timeout"),
                secrets=given.secrets,
            )
        if not built.ok:
            raise EngineError(_build_failure(build.dockerfile, built))
        return self.id_of(tag)

    def id_of(self, image: str) -> str:
        """The id of an image (tag or id) as this Engine's image store has it. Raises EngineError where there is no such image.

        The classic store names an image by its configuration's digest, the containerd store by its manifest's, so an id that a
        build or another Engine gives may be none here.
        """
        found = self.client.run("image", "inspect", "--format", "{{.Id}}", "--", image)
        if not found.ok:
            raise EngineError(f"the Engine has no image {image}: {last_line(found)}")
        return found.stdout.strip()

    def has(self, image: str) -> bool:
        """True when the Engine has the image (tag or id)."""
        return self.client.run("image", "inspect", "--format", "{{.Id}}", "--", image).ok

    def test(
        self,
        checkout: Path,
        app: str,
        image: str,
        test: ImageTest,
        *,
        test_image: str = "",
        images: Mapping[str, str] | None = None,
        listen: Listener | None = None,
    ) -> TestRun:
        """Run the app's own tests on an image; see `compose.run_tests`."""
        place, more = self.workspace / "tests", images or {}
        return run_tests(
            self.client, place, checkout, app, image, test, test_image=test_image, images=more, listen=listen
        )

    def pull(
        self, reference: str, registry: "Registry", *, timeout: float = PUSH_SECONDS, listen: Listener | None = None
    ) -> None:
        """Bring an image of the registry here by its digest, unless it is here. Raises EngineError."""
        if self.has(reference):
            return
        with self._login(registry) as configuration:
            stage = Stage("the pull", "push.timeout")
            pulled = self.client.run(
                "pull", "--", reference, timeout=timeout, listen=listen, environment=configuration, stage=stage
            )
        if not pulled.ok:
            raise EngineError(f"{reference} cannot be pulled to this machine: {last_line(pulled)}")

    def push(
        self,
        image: str,
        registry: "Registry",
        tag: str,
        *,
        timeout: float = PUSH_SECONDS,
        listen: Listener | None = None,
    ) -> str:
        """Push a local image (tag or id) under `tag` into the registry; gives the digest that the registry answers.

        Credentials go through a Docker configuration of this push alone: a 0600 file, removed afterwards.
        """
        reference = f"{registry.repository}:{tag}"
        self.tag(image, reference)
        with self._login(registry) as configuration:
            pushed = self.client.run(
                "push",
                "--",
                reference,
                timeout=timeout,
                listen=listen,
                environment=configuration,
                stage=Stage("the push", "push.timeout"),
            )
        if not pushed.ok:
            raise EngineError(_push_failure(reference, registry, pushed))
        digest = registry.digest_of(tag)
        if digest is None:
            raise EngineError(f"the registry {registry.host} does not serve {reference}, though the push ended well")
        return digest

    def remove(self, *references: str) -> None:
        """Forget tags or images; what is not there or still used is left alone."""
        self.client.run("image", "rm", "--", *references)

    def tag(self, image: str, name: str) -> None:
        """Give an image (tag or id) another name. Raises EngineError."""
        tagged = self.client.run("tag", "--", image, name)
        if not tagged.ok:
            raise EngineError(f"the image {image} cannot be tagged {name}: {last_line(tagged)}")

    @contextmanager
    def cached(self, registry: "Registry") -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
        """Options and environment of a build that looks for layers in the newest images of the registry, and lets others do so.

        What others need to know of the layers is kept within the image ("inline cache"), which the BuildKit of every Engine reads.
        """
        with self._login(registry) as environment:
            there = [f"{registry.repository}:{tag}" for tag in _CACHES if registry.digest_of(tag)]
            looks = [word for name in there for word in ("--cache-from", name)]
            yield (*looks, "--build-arg", "BUILDKIT_INLINE_CACHE=1"), environment

    @contextmanager
    def _login(self, registry: "Registry") -> Iterator[dict[str, str]]:
        """The environment in which docker is logged in to one registry; without credentials it is the user's own."""
        login = registry.docker_config()
        if login is None:
            yield {}
            return
        with client_config(self.workspace, self.client, login) as environment:
            yield environment


class EngineResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to the Docker Engine. `workspace` must have the same path for the Engine; by default it is the home's."""

    workspace: str = ""

    def find(self) -> Engine:
        """The Engine; raises EngineError where none answers."""
        return Engine.find(Path(self.workspace) if self.workspace else Home.find().workspace)


def _build_failure(dockerfile: str, built: Result) -> str:
    """One sentence from BuildKit's plain progress, where every line of a step begins with the step's number."""
    reason = last_line(built).removeprefix("ERROR: ").removeprefix("failed to solve: ")
    failed = re.search(r"^#(\d+) ERROR: (.*)", built.stderr, re.MULTILINE)
    step = failed and re.search(rf"^#{failed[1]} (\[.*)", built.stderr, re.MULTILINE)
    if failed is None or step is None or step[1].startswith("[internal]"):
        return f"{dockerfile} cannot be built: {reason}"
    said = re.findall(rf"^#{failed[1]} \d+\.\d+ (.*\S)", built.stderr, re.MULTILINE)
    return f"{dockerfile} failed at {step[1]}: {' | '.join([*said[-3:], failed[2]])}"


def _push_failure(reference: str, registry: "Registry", pushed: Result) -> str:
    reason = last_line(pushed)
    if re.search(r"(?i)unauthorized|authentication required|no basic auth|incorrect username or password", reason):
        return registry.login.refused()
    if "server gave HTTP response to HTTPS client" in reason:
        return (
            f"the Docker Engine speaks HTTPS with {registry.host}, which answers in plain HTTP; "
            "give the registry a certificate, or add it to the Engine's insecure-registries"
        )
    return f"{reference} cannot be pushed: {reason}"
