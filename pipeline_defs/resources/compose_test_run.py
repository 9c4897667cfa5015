"""Compose test run: the app's own compose file run on a built image, apart from every other run and taken down whatever happens."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline_defs.config.build import ImageTest
from pipeline_defs.release.empty_test_run import ran_nothing
from pipeline_defs.release.evidence import NOTHING_RAN, TestCounts
from pipeline_defs.release.junit import ResultsError
from pipeline_defs.resources.compose_test_file import Merging, compose_words, merge
from pipeline_defs.resources.docker_client import QUICK_SECONDS, Client, EngineError, Stage, run_docker
from pipeline_defs.resources.scratch import alive, scratch
from pipeline_defs.resources.test_results import LARGEST, read_junit_file
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.server.core.command import Listener, Result, script

_PREFIX = ("shipline", "test")
PROJECT = "com.docker.compose.project"
"""The label that names the project of a container."""

_KINDS = {  # what Compose makes for a project: how it is listed, how it is removed
    "container": (("--all",), ("--force", "--volumes")),
    "network": ((), ()),
    "volume": ((), ("--force",)),
    "image": (("--all",), ("--force",)),
}
_MOST_SAID = 15


# Services start in Compose's order. One that has done its work may end while the tests go on: the status is the test service's alone. Its
# output is standard output, that of the others standard error. Of a service that is scaled the first failure counts. Compose is a child of
# docker, which does not always tell it that it is to end, and may be about to start it.
_RUN = """
docker=$1 project=$2 service=$3; shift 3
"$@" up --detach >&2 || { "$@" logs >&2; echo "the services of the tests did not start; see what they said above" >&2; exit 1; }
tests=$("$@" ps --all --quiet "$service")
[ -n "$tests" ] || { echo "the service $service was not started" >&2; exit 1; }
others=$("$@" ps --all --services | grep -vxF -- "$service" || true) follower=
if [ -n "$others" ]; then "$@" logs --follow $others >&2 & follower=$!; fi
for id in $tests; do "$docker" logs --follow "$id" 2>&1 || true; done
failed=0
for status in $("$docker" wait $tests); do [ "$failed" -ne 0 ] || failed=$status; done
tries=50
while [ -n "$follower" ] && [ "$tries" -gt 0 ] && grep -q . "/proc/$follower/cmdline" 2>/dev/null; do
  kill $(cat /proc/"$follower"/task/*/children 2>/dev/null) "$follower" 2>/dev/null || true
  tries=$((tries - 1)); sleep 0.2
done
[ "$failed" -eq 0 ] || "$docker" ps --all --filter "label=com.docker.compose.project=$project" --filter status=exited \
  --format '{{.Label "com.docker.compose.service"}}: {{.Status}}' >&2
exit "$failed"
"""


@dataclass(frozen=True)
class TestRun:
    """How the tests of an image ended.

    Attributes:
        status: the exit status of the test service.
        counts: its results; None where none are asked for, or where it failed before it wrote any.
        said: the last lines of the test service, or of Compose where it did not start.
        refusal: why a run that ended with status 0 proves nothing; None where it does.
    """

    __test__ = False  # for pytest: not a test class

    status: int
    counts: TestCounts | None
    said: str
    refusal: str | None = None

    @property
    def passed(self) -> bool:
        """True when the service ended with status 0 and its results, if any, are a proof."""
        return self.status == 0 and self.refusal is None


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
    test_image: str = "",
    images: Mapping[str, str] | None = None,
    most_results: int = LARGEST,
) -> TestRun:
    """Run the test service of the app's compose file on this very image, in a compose project of its own.

    The file gets the image as `${IMAGE}`, of several each by its own variable, and a folder that anybody may write to as `${RESULTS}`,
    besides the app's test environment. Containers, networks and volumes are removed in the end, and those of runs that were killed
    are removed by the next one.

    Args:
        confine: given checkout, results folder, project and image it makes what turns the merged file into the one that is
            run; without it the file is run as it is.
        environment: further variables of the programs that speak with the Engine.
        test_image: of the stage `test.target`; empty where there is none.
        images: of several images each, by its variable.
        most_results: bytes that the results file may have.

    Raises:
        EngineError: there is no Compose v2, the file lacks the service or the image, the tests take too long, or they
            ended well without the results that `test.junit` names. Tests that fail are a result.
    """
    file = inside(checkout, test.compose, "test.compose")
    with scratch(workspace) as own:
        for each in dict.fromkeys((image, test_image, *(images or {}).values())):
            if each and not client.run("image", "inspect", "--format", "{{.Id}}", "--", each).ok:
                raise EngineError(f"the image {each} is not on this machine's Docker Engine; build it first")
        results = own / "results"
        results.mkdir()
        results.chmod(0o777)  # the test container's user is any
        project = _project(workspace, app, own.name)
        merging = Merging(image, str(results), project, test_image, environment or {}, images or {})
        model = merge(client, file, test, merging)
        words = compose_words(client, project, file)
        if confine is not None or test.target:
            plan = own / "compose.json"
            plan.write_text(json.dumps(confine(checkout, results, project, image).of(model) if confine else model))
            words = (*compose_words(client, project, plan), "--project-directory", str(file.parent))
        _remove_dead(client, workspace)
        with _taken_down(client, project):
            called = script(_RUN, client.path, project, test.service, *words)
            stage = Stage("the test", "test.timeout")
            given = merging.environment(test)
            ended = run_docker(called.argv, timeout=test.timeout, listen=listen, environment=given, stage=stage)
        counts = _counts(results, test, ended, most_results)
        return TestRun(ended.status, counts, _said(ended), _refusal(test, counts, ended))


@contextmanager
def own_project(client: Client, workspace: Path, app: str) -> Iterator[str]:
    """A Compose project's name: what has it as its label `PROJECT` is removed in the end, or by the next run if this one is killed."""
    with scratch(workspace) as own:
        project = _project(workspace, app, own.name)
        _remove_dead(client, workspace)
        with _taken_down(client, project):
            yield project


def _refusal(test: ImageTest, counts: TestCounts | None, ended: Result) -> str | None:
    if not ended.ok:
        return None
    if counts is not None:
        return counts.refusal(allow_empty=test.allow_empty)
    return NOTHING_RAN if ran_nothing(ended.stdout) and not test.allow_empty else None


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


def _said(ended: Result) -> str:
    own = [line for line in ended.stdout.splitlines() if line.strip()]
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
    found = {project for kind in _KINDS for project in _list(client, kind, PROJECT, f'{{{{.Label "{PROJECT}"}}}}')}
    for project in found:
        match project.split("-"):  # as _project put it together
            case [*prefix, _, home, run] if (*prefix,) == _PREFIX and home == _home(workspace):
                if not alive(workspace, run):
                    _remove(client, project)


def _remove(client: Client, project: str) -> None:
    """Remove all that Compose made for a project, by its label: quicker than `down`, and it needs no file."""
    for kind, (_, force) in _KINDS.items():
        things = _list(client, kind, f"{PROJECT}={project}", "{{.ID}}" if kind != "volume" else "{{.Name}}")
        if things:
            client.run(kind, "rm", *force, *things, timeout=QUICK_SECONDS)


def _list(client: Client, kind: str, label: str, form: str) -> list[str]:
    listed = client.run(kind, "ls", *_KINDS[kind][0], "--filter", f"label={label}", "--format", form)
    return [line for line in dict.fromkeys(listed.stdout.split()) if line]
