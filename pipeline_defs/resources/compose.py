"""Compose: the app's own compose file run on a built image, apart from every other run and taken down whatever happens."""

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.making import ImageTest
from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.junit import ResultsError
from pipeline_defs.resources.client import QUICK_SECONDS, Client, EngineError, Stage, clients, last_line, run_docker
from pipeline_defs.resources.results import LARGEST, read_junit_file
from pipeline_defs.resources.scratch import alive, scratch
from pipeline_defs.resources.tree import inside
from pipeline_defs.server.command import Listener, Result

_PREFIX = ("shipline", "test")
_LABEL = "com.docker.compose.project"
_KINDS = {  # what Compose makes for a project: how it is listed, how it is removed
    "container": (("--all",), ("--force", "--volumes")),
    "network": ((), ()),
    "volume": ((), ("--force",)),
    "image": (("--all",), ("--force",)),
}
_SETTINGS = {"COMPOSE_PROGRESS": "plain", "COMPOSE_MENU": "false"}
_MOST_SAID = 15


@dataclass(frozen=True)
class TestRun:
    """How the tests of an image ended.

    Attributes:
        status: the exit status of the test service.
        counts: its results; None where none are asked for, or where it failed before it wrote any.
        said: the last lines of the test service, or of Compose where it did not start.
    """

    __test__ = False  # for pytest: not a test class

    status: int
    counts: TestCounts | None
    said: str

    @property
    def passed(self) -> bool:
        """True when the service ended with status 0 and its results, if any, have no failure."""
        return self.status == 0 and (self.counts is None or self.counts.passed)


class Confined(Protocol):
    """What turns a merged compose file into the one that is run."""

    def of(self, model: Mapping[str, Any]) -> dict[str, Any]:
        """The file to run. Raises EngineError where it cannot be confined."""


def run_tests(
    client: Client,
    workspace: Path,
    checkout: Path,
    app: str,
    image: str,
    test: ImageTest,
    *,
    listen: Listener | None = None,
    confine: Callable[[Path, Path, str, str], Confined] | None = None,
    environment: Mapping[str, str] | None = None,
    most_results: int = LARGEST,
) -> TestRun:
    """Run the test service of the app's compose file on this very image, in a compose project of its own.

    The file gets the image as `${IMAGE}` and a folder that anybody may write to as `${RESULTS}`, besides the app's test
    environment. Containers, networks and volumes are removed in the end, and those of runs that were killed are removed
    by the next one.

    Args:
        confine: given checkout, results folder, project and image it makes what turns the merged file into the one that is
            run; without it the file is run as it is.
        environment: further variables of the programs that speak with the Engine.
        most_results: bytes that the results file may have.

    Raises:
        EngineError: there is no Compose v2, the file lacks the service or the image, the tests take too long, or they
            ended well without the results that `test.junit` names. Tests that fail are a result.
    """
    file = inside(checkout, test.compose, "test.compose")
    with scratch(workspace) as own:
        if not client.run("image", "inspect", "--format", "{{.Id}}", "--", image).ok:
            raise EngineError(f"the image {image} is not on this machine's Docker Engine; build it first")
        results = own / "results"
        results.mkdir()
        results.chmod(0o777)  # the test container's user is any
        project = _project(workspace, app, own.name)
        words = (*find_compose(client), "--ansi", "never", "--project-name", project, "--file", str(file))
        environment = {**test.environment, **(environment or {}), **_SETTINGS, "IMAGE": image, "RESULTS": str(results)}
        merged = _checked(run_docker((*words, "config", "--format", "json"), environment=environment), image, test)
        if confine is not None:
            plan = own / "compose.json"
            plan.write_text(json.dumps(confine(checkout, results, project, image).of(merged)))
            words = (*words[:-2], "--project-directory", str(file.parent), "--file", str(plan))
        _remove_dead(client, workspace)
        with _taken_down(client, project):
            up = ("up", "--abort-on-container-exit", "--exit-code-from", test.service)
            stage = Stage("the test", "test.timeout")
            ended = run_docker((*words, *up), timeout=test.timeout, listen=listen, environment=environment, stage=stage)
        return TestRun(ended.status, _counts(results, test, ended, most_results), _said(test.service, ended))


@functools.cache
def find_compose(client: Client) -> tuple[str, ...]:
    """The words that start Compose v2: SHIPLINE_COMPOSE, a client's plugin, `docker-compose`, or the project's own copy."""
    chosen = os.environ.get("SHIPLINE_COMPOSE")
    candidates: list[tuple[str, ...]] = [(chosen,)] if chosen else []
    candidates += [(path, "compose") for path in dict.fromkeys([client.path, *clients()])]
    candidates += [(path,) for path in [shutil.which("docker-compose")] if path]
    candidates += [(str(PROJECT / ".shipline" / "bin" / "docker-compose"),)]
    for words in candidates:
        version = run_docker((*words, "version", "--short"))
        if version.ok and version.stdout.strip().removeprefix("v").partition(".")[0] not in ("", "1"):
            return words
    raise EngineError("there is no Docker Compose v2 on this machine; install the docker-compose-plugin")


def _checked(configuration: Result, image: str, test: ImageTest) -> dict[str, Any]:
    """The merged file. Refuses one that would test nothing, or something else than the image, before anything starts."""
    if not configuration.ok:
        raise EngineError(f"{test.compose} is not a compose file that can be run: {last_line(configuration)}")
    merged: dict[str, Any] = json.loads(configuration.stdout)
    services = merged["services"]
    if test.service not in services:
        raise EngineError(
            f"{test.compose} has no service {test.service} (test.service); its services are {', '.join(sorted(services))}"
        )
    if not any(service.get("image") == image for service in services.values()):
        raise EngineError(f"no service of {test.compose} runs the image that was built; write image: ${{IMAGE}}")
    return merged


def _counts(results: Path, test: ImageTest, ended: Result, most: int) -> TestCounts | None:
    if test.junit is None:
        return None
    try:
        return read_junit_file(results, test.junit, most)
    except ResultsError as error:
        if not ended.ok:  # the status says enough: it broke before it could write
            return None
        raise EngineError(
            f"the service {test.service} of {test.compose} ended well, but {error}; let it write to the folder "
            "${RESULTS}, or set test.junit to null"
        ) from None


def _said(service: str, ended: Result) -> str:
    own = [line.partition("| ")[2] for line in ended.stdout.splitlines() if line.startswith(f"{service}-")]
    return "\n".join(own[-_MOST_SAID:]) or ended.tail(_MOST_SAID)


def _project(workspace: Path, app: str, run: str) -> str:
    """The name says whose it is: another home on the same Engine must not take this run for a dead one."""
    return "-".join((*_PREFIX, app, _home(workspace), run))


def _home(workspace: Path) -> str:
    return hashlib.sha256(str(workspace).encode()).hexdigest()[:8]


@contextmanager
def _taken_down(client: Client, project: str) -> Iterator[None]:
    try:
        yield
    finally:
        _remove(client, project)


def _remove_dead(client: Client, workspace: Path) -> None:
    """Remove what killed runs of this home left on the Engine."""
    found = {project for kind in _KINDS for project in _list(client, kind, _LABEL, f'{{{{.Label "{_LABEL}"}}}}')}
    for project in found:
        match project.split("-"):  # as _project put it together
            case [*prefix, _, home, run] if (*prefix,) == _PREFIX and home == _home(workspace):
                if not alive(workspace, run):
                    _remove(client, project)


def _remove(client: Client, project: str) -> None:
    """Remove all that Compose made for a project, by its label: quicker than `down`, and it needs no file."""
    for kind, (_, force) in _KINDS.items():
        things = _list(client, kind, f"{_LABEL}={project}", "{{.ID}}" if kind != "volume" else "{{.Name}}")
        if things:
            client.run(kind, "rm", *force, *things, timeout=QUICK_SECONDS)


def _list(client: Client, kind: str, label: str, form: str) -> list[str]:
    listed = client.run(kind, "ls", *_KINDS[kind][0], "--filter", f"label={label}", "--format", form)
    return [line for line in dict.fromkeys(listed.stdout.split()) if line]
