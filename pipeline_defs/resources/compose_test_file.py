"""Compose test file: the app's test compose file as Compose merges it, and what must be true of it before anything starts."""

import functools
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline_defs.config.build import ImageTest
from pipeline_defs.config.home import PROJECT
from pipeline_defs.resources.docker_client import Client, EngineError, clients, last_line, run_docker

_SETTINGS = {"COMPOSE_PROGRESS": "plain", "COMPOSE_MENU": "false"}

Model = dict[str, Any]
"""A merged compose file, as `docker compose config --format json` prints it."""


@dataclass(frozen=True)
class Merging:
    """What a test run puts into its compose file.

    Attributes:
        image: the image that is shipped, `${IMAGE}`; of several the first.
        results: the folder for results, `${RESULTS}`.
        project: the name of the compose project.
        test_image: the image of the stage `test.target`, `${TEST_IMAGE}`; empty where there is none.
        more: further variables of the programs that speak with the Engine.
        images: of several images each, by its variable, such as `IMAGE_WORKER`.
    """

    image: str
    results: str
    project: str
    test_image: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)

    def environment(self, test: ImageTest) -> dict[str, str]:
        """The variables that Compose gets for these tests."""
        own = {"IMAGE": self.image, **self.images, "RESULTS": self.results}
        target = {"TEST_IMAGE": self.test_image} if test.target else {}
        return {**test.environment, **self.more, **_SETTINGS, **own, **target}


def compose_words(client: Client, project: str, file: Path) -> tuple[str, ...]:
    """The words that every Compose call on this file begins with."""
    return (*find_compose(client), "--ansi", "never", "--project-name", project, "--file", str(file))


def merge(client: Client, file: Path, test: ImageTest, merging: Merging) -> Model:
    """The merged test compose file. With `test.target` its test service runs that stage's image.

    Raises EngineError for one that is no compose file, or would test nothing or something else than what was built.
    """
    words = (*compose_words(client, merging.project, file), "config", "--format", "json")
    merged = run_docker(words, environment=merging.environment(test))
    if not merged.ok:
        raise EngineError(f"{test.compose} is not a compose file that can be run: {last_line(merged)}")
    model: Model = json.loads(merged.stdout)
    services = model["services"]
    if test.service not in services:
        raise EngineError(
            f"{test.compose} has no service {test.service} (test.service); its services are {', '.join(sorted(services))}"
        )
    if test.target:
        _use_stage(model, test, merging.test_image)
    elif not any(service.get("image") in (merging.image, *merging.images.values()) for service in services.values()):
        raise EngineError(_tests_nothing(test, services[test.service]))
    return model


def _use_stage(model: Model, test: ImageTest, image: str) -> None:
    service = model["services"][test.service]
    if service.get("image") not in (None, image) and not service.get("build"):
        raise EngineError(
            f"the service {test.service} of {test.compose} runs {service['image']}, and test.target names the stage "
            f"{test.target}; write image: ${{TEST_IMAGE}}"
        )
    service.pop("build", None)
    service |= {"image": image, "pull_policy": "never"}  # it is on this machine alone


def _tests_nothing(test: ImageTest, service: Mapping[str, Any]) -> str:
    stage = (service.get("build") or {}).get("target")
    nothing = f"no service of {test.compose} runs the image that was built; "
    if stage:
        return f"{nothing}its service {test.service} builds the stage {stage}: write `target: {stage}` under `test`"
    return f"{nothing}write image: ${{IMAGE}}, or name the stage of the Dockerfile that has the tests under test.target"


def find_compose(client: Client) -> tuple[str, ...]:
    """The words that start Compose v2: SHIPLINE_COMPOSE, a client's plugin, `docker-compose`, or the project's own copy."""
    return compose_program(client.path)


@functools.cache
def compose_program(*preferred: str) -> tuple[str, ...]:
    """As `find_compose`, for what needs no Engine: `preferred` are docker clients to ask before the others."""
    chosen = os.environ.get("SHIPLINE_COMPOSE")
    candidates: list[tuple[str, ...]] = [(chosen,)] if chosen else []
    candidates += [(path, "compose") for path in dict.fromkeys([*preferred, *clients()])]
    candidates += [(path,) for path in [shutil.which("docker-compose")] if path]
    candidates += [(str(PROJECT / ".shipline" / "bin" / "docker-compose"),)]
    for words in candidates:
        version = run_docker((*words, "version", "--short"))
        if version.ok and version.stdout.strip().removeprefix("v").partition(".")[0] not in ("", "1"):
            return words
    raise EngineError("there is no Docker Compose v2 on this machine; install the docker-compose-plugin")
