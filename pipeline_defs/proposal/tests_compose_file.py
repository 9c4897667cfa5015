"""Tests compose file: the compose file in which the built image is tested, derived from the one that runs the app."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from pipeline_defs.proposal.app_commands import JUNIT, ImageTests
from pipeline_defs.proposal.compose_variables import VARIABLE
from pipeline_defs.proposal.found_compose_file import ComposeFile, Service
from pipeline_defs.proposal.repository_scan import Repository
from pipeline_defs.proposal.service_roles import is_other

TEST_FILE = "docker-compose-test.yml"
SERVICE = "tests"
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "example.env")
_STAND_IN = "test"  # the value of a variable that nobody says
_DATA = "/var/lib/postgresql/data"
_TAKEN_OVER = ("image", "environment", "command", "entrypoint", "healthcheck", "user", "tmpfs", "shm_size")


def tests_compose_file(repository: Repository, file: ComposeFile, own: Service, command: ImageTests) -> str:
    """The text of the file: a service that runs the tests, and beside it, as they are, those programs that the app needs."""
    values = example_values(repository)
    beside = {name: _beside(file.services[name], values) for name in needed_beside(file, own)}
    tests: dict[str, Any] = {
        "image": "${TEST_IMAGE}" if command.target else "${IMAGE}",
        "command": list(command.words),
        **_variables(repository, own, values),
        **({"volumes": [f"${{RESULTS}}:{PurePosixPath(JUNIT).parent}"]} if command.junit else {}),
        "healthcheck": {"disable": True},
    }
    if beside:
        waits = {
            name: {"condition": "service_healthy" if "healthcheck" in said else "service_started"}
            for name, said in beside.items()
        }
        tests["depends_on"] = waits
    data = {"services": {SERVICE: tests, **beside}}
    return yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=140)


def needed_beside(file: ComposeFile, own: Service) -> list[str]:
    """The well-known programs that a service needs, such as its database; those of its own depend on nothing that is built."""
    named = own.said.get("depends_on")
    wanted = list(named) if isinstance(named, (list, dict)) else []
    return [str(name) for name in wanted if name in file.services and is_other(file.services[str(name)])]


def example_values(repository: Repository) -> dict[str, str]:
    """The variables of the example of a `.env` that git has, with their values."""
    for name in _EXAMPLES:
        if name in repository.files:
            text = (repository.root / name).read_text(errors="replace")
            found = re.findall(r"^(?:export\s+)?([A-Za-z_]\w*)=([^\n#]*)", text, re.MULTILINE)
            return {key: value.strip().strip("\"'") for key, value in found}
    return {}


def _variables(repository: Repository, own: Service, values: Mapping[str, str]) -> dict[str, Any]:
    """What the app's container is given: its variables with values for a test, and the examples of the files that git has not."""
    given = {name: _filled(value, values) for name, value in own.environment.items()}
    examples = [name for path in own.reads if (name := _example_of(repository, path))]
    return {**({"env_file": examples} if examples else {}), **({"environment": given} if given else {})}


def _example_of(repository: Repository, path: str) -> str:
    if repository.has(path):
        return path
    beside = PurePosixPath(path).parent
    named = [
        f"{path}.example",
        f"{path}.sample",
        f"{path}.template",
        f"{path}.dist",
        *(str(beside / each) for each in _EXAMPLES),
    ]
    return next((each for each in named if repository.has(each)), "")


def _beside(service: Service, values: Mapping[str, str]) -> dict[str, Any]:
    """A program beside the tests: as it is, without ports and volumes; a PostgreSQL keeps its data in memory, and says when it is ready."""
    made = {key: _filled_in(service.said[key], values) for key in _TAKEN_OVER if key in service.said}
    if service.is_postgres:
        user = _filled(service.environment.get("POSTGRES_USER", "postgres"), values)
        ready = [
            "CMD",
            "pg_isready",
            "-h",
            "127.0.0.1",
            "-U",
            user,
        ]  # by TCP: while it initialises, it listens on a socket only
        made["healthcheck"] = {"test": ready, "interval": "1s", "retries": 60}
        made["tmpfs"] = [_DATA]
    return made


def _filled_in(said: Any, values: Mapping[str, str]) -> Any:
    if isinstance(said, Mapping):
        return {key: _filled_in(each, values) for key, each in said.items()}
    if isinstance(said, list):
        return [_filled_in(each, values) for each in said]
    return _filled(said, values) if isinstance(said, str) else said


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with a value for each variable that it takes from outside: the example's, the default, or a stand-in."""
    return VARIABLE.sub(lambda match: "".join(_value(match, values)), text)


def _value(match: re.Match[str], values: Mapping[str, str]) -> Iterator[str]:
    if match[0] == "$$":
        yield match[0]
        return
    more = match["more"] or ""
    default = re.sub(r"^:?-", "", more) if more.startswith((":-", "-")) else ""
    yield (values.get(match["braced"] or match["bare"]) or default or _STAND_IN).replace("$", "$$")
