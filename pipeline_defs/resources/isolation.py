"""Isolation: the Docker Engine and a checkout as code gets them that is not merged, a fork's or not.

Its checks see no secret, push no image, leave nothing in a cache that others read, and reach no server.
"""

import functools
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel

from pipeline_defs.config import App, SecretUnavailable
from pipeline_defs.config.images import NamedBuild, variable_of
from pipeline_defs.config.secret import Secret, SecretSource
from pipeline_defs.resources.compose_test_run import TestRun, run_tests
from pipeline_defs.resources.confinement import Confinement
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_config import client_config
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.dockerfile_frontend import refuse_foreign_frontend
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.server.core.command import Listener

NAMES = "shipline-untrusted"
"""Where local images of untrusted runs have their names. No registry is ever asked for one, and no other run looks there."""

MOST_FILES = 100_000
MOST_BYTES = 2 * 2**30
"""Of a checkout. A repository of a few kilobytes can unfold into any number of files."""

MOST_RESULTS = 8 * 2**20
"""Bytes of a results file."""


_STAGE = "-tests"
"""Ends the name of the image of a stage that has the tests."""


class Isolation:
    """The Engine of this machine for one untrusted run."""

    def __init__(self, engine: Engine, app: App, run: str) -> None:
        """`run` is the Dagster run's id, which is in the image's name."""
        self._engine = engine
        self._app = app
        self.image = f"{NAMES}/{app.name}:{run}"
        others = {each.name: f"{NAMES}/{app.name}/{each.name}:{run}" for each in app.builds[1:]}
        self.images = {app.builds[0].name: self.image, **others}
        self.stage = f"{self.image}{_STAGE}" if app.test and app.test.target else ""

    def build(
        self, checkout: Path, *, labels: Mapping[str, str], listen: Listener, named: NamedBuild | None = None
    ) -> str:
        """Build the image under a name of this run alone and give its id; of several the first, or the one that is `named`.

        Its cache mounts have a namespace of their own, which is empty. Layers are neither taken nor left: a step's layer is
        kept by what the step says, not by what a cache mount held, so one word of this run is made part of every step.
        Raises EngineError.
        """
        first = self._app.builds[0]
        named = named or first
        build = named.build.untrusted
        refuse_secrets(self._app, build.arguments, f"{named.key}.arguments")
        refuse_foreign_frontend(inside(checkout, build.dockerfile, "build.dockerfile"), build.dockerfile)
        nonce = f"untrusted-{secrets.token_hex(8)}"
        apart = ("--no-cache", "--build-arg", f"BUILDKIT_CACHE_MOUNT_NS={nonce}", "--add-host", f"{nonce}:127.0.0.1")
        with self._logged_in_nowhere() as environment:
            made = functools.partial(
                self._engine.build, checkout, labels=labels, listen=listen, more=apart, environment=environment
            )
            if self.stage and self._app.test and named == first:
                made(self.stage, build.model_copy(update={"target": self._app.test.target}))
            return made(self.images[named.name], build)

    def test(self, base: Path, *, listen: Listener) -> TestRun:
        """Run the tests of the base branch's compose file (in its checkout `base`) on this run's image, confined."""
        test = self._app.test
        assert test is not None
        refuse_secrets(self._app, test.environment, "test.environment")
        with self._logged_in_nowhere() as environment:
            return run_tests(
                self._engine.client,
                self._engine.workspace / "tests",
                base,
                self._app.name,
                self.image,
                test,
                listen=listen,
                confine=functools.partial(Confinement, test.compose, images=tuple(self.images.values())),
                environment=environment,
                test_image=self.stage,
                images={variable_of(name): image for name, image in self.images.items() if name},
                most_results=MOST_RESULTS,
            )

    def remove(self) -> None:
        """Forget the images, with the layers that nobody else has."""
        self._engine.remove(*self.images.values(), *([self.stage] if self.stage else []))

    def left_behind(self) -> list[str]:
        """The ids of the runs whose images of this app are still on the Engine."""
        repositories = [image.rpartition(":")[0] for image in self.images.values()]
        asked = ("image", "ls", "--format", "{{.Tag}}", "--")
        tags = [tag for each in repositories for tag in self._engine.client.run(*asked, each).stdout.split()]
        return list(dict.fromkeys(tag.removesuffix(_STAGE) for tag in tags))

    @contextmanager
    def _logged_in_nowhere(self) -> Iterator[dict[str, str]]:
        """The environment in which docker has no registry logins, proxies and builders of this machine, but its plugins."""
        nothing = Secret(json.dumps({"auths": {}}))
        with client_config(self._engine.workspace, self._engine.client, nothing) as environment:
            yield environment


@contextmanager
def untrusted_checkout(repository: Source, commit: str) -> Iterator[Path]:
    """The files of a commit that nobody here vouches for, none of which leads out of the folder.

    It is fetched from the app's own repository, where a pull request's head is, and written with no setting of this machine's
    git: a filter (LFS is one) would run because the commit's attributes ask for it. Raises SourceError.
    """
    count, size = repository.measure(commit, most_files=MOST_FILES)
    if count > MOST_FILES or size > MOST_BYTES:
        limits = f"{MOST_FILES} files and {MOST_BYTES // 2**30} GiB"
        raise SourceError(
            f"commit {commit[:12]} is larger than the {limits} that are checked out of code that is not merged"
        )
    with repository.checkout(commit, plain=True) as folder:
        refuse_links(folder)
        yield folder


def refuse_links(checkout: Path) -> None:
    """Refuse symbolic links that lead out of the checkout: whoever opens one would read a file of this machine instead."""
    root = checkout.resolve()
    found = (Path(folder, name) for folder, folders, files in os.walk(root) for name in [*folders, *files])
    leading_out = [str(path.relative_to(root)) for path in found if path.is_symlink() and not _stays(path, root)]
    if leading_out:
        shown = ", ".join(repr(path[:80]) for path in sorted(leading_out)[:3])
        raise SourceError(
            f"links of this commit lead out of the repository, which is refused before they are merged: {shown}"
        )


def _stays(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # it leads to itself
        return False


def refuse_secrets(app: App, values: Mapping[str, str], key: str) -> None:
    """Refuse values with a secret of the app in them. They are no place for secrets, but a person may have put one there."""
    known: list[str] = []
    for source in _sources(app):
        with suppress(SecretUnavailable):  # what is not there cannot be given away
            known.append(source.read().reveal())
    for name, value in values.items():
        if any(secret and secret in value for secret in known):
            raise EngineError(
                f"{key}.{name} holds a secret of {app.name}, which code that is not merged would see; take it out"
            )


def _sources(value: object) -> Iterator[SecretSource]:
    """All secrets that a configuration names."""
    if isinstance(value, SecretSource):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _sources(getattr(value, name))
    elif isinstance(value, (dict, tuple, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _sources(each)
