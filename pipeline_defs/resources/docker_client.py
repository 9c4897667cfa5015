"""Docker client: a docker client of this machine that can build, found once, called with an argument list."""

import functools
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result
from pipeline_defs.server.core.failure_reason import reason

BUILDX_SINCE = 23
"""From this version on a docker client builds with BuildKit only through its buildx plugin (release notes of 23.0)."""

QUICK_SECONDS = 60.0
"""For whatever only asks or marks something."""


class EngineError(ShiplineError):
    """The Docker Engine or its client cannot do what was asked; one sentence that says what to do."""


class Stage(NamedTuple):
    """What a program is run for, and the key of the app's file that says how long it may take."""

    name: str
    setting: str


@dataclass(frozen=True)
class Client:
    """A docker client that builds with BuildKit, and the Engine that answers it.

    Attributes:
        path: of the program.
        buildx: it builds through its buildx plugin; an older one has BuildKit in itself.
        host: the Engine's address, for calls that get a Docker configuration of their own and so know no context.
        away: the Engine is another machine's, so every call names its address.
    """

    path: str
    buildx: bool
    host: str
    away: bool = False

    def at(self, host: str) -> "Client":
        """The same program for another machine's Engine."""
        return replace(self, host=host, away=True)

    def run(
        self,
        *words: str,
        timeout: float = QUICK_SECONDS,
        listen: Listener | None = None,
        environment: Mapping[str, str] | None = None,
        stage: Stage | None = None,
        secrets: Collection[Secret] = (),
    ) -> Result:
        """Run `docker` with these words. Raises EngineError when it takes longer than `timeout` seconds."""
        place = {"DOCKER_HOST": self.host, "DOCKER_TLS_VERIFY": ""} if self.away else {}
        given = {**place, **(environment or {})}
        return run_docker(
            (self.path, *words), timeout=timeout, listen=listen, environment=given, stage=stage, secrets=secrets
        )


def run_docker(
    argv: tuple[str, ...],
    *,
    timeout: float = QUICK_SECONDS,
    listen: Listener | None = None,
    environment: Mapping[str, str] | None = None,
    stage: Stage | None = None,
    secrets: Collection[Secret] = (),
) -> Result:
    """Run a program that speaks with the Engine. It sees none of this process's secrets; `environment` is added.

    `secrets` are masked in all that it says.
    """
    settings = {"DOCKER_BUILDKIT": "1", "DOCKER_CLI_HINTS": "false", **(environment or {})}
    try:
        runner = LocalRunner(environment=plain_environment(), secrets=secrets)
        return runner.run(Command(argv, environment=settings), timeout=timeout, listen=listen)
    except CommandTimeout:
        what, setting = (stage.name, f" ({stage.setting})") if stage else (f"`docker {argv[1]}`", "")
        raise EngineError(f"{what} did not end within {timeout:g} s{setting} and was stopped") from None


@functools.cache
def find_client() -> Client:
    """The first client on the PATH that can build and that an Engine answers. Raises EngineError where there is none."""
    unanswered, said = None, ""
    for path in clients():
        buildx = run_docker((path, "buildx", "version")).ok
        if not buildx and _major(run_docker((path, "version", "--format", "{{.Client.Version}}"))) >= BUILDX_SINCE:
            continue
        answer = run_docker((path, "version", "--format", "{{.Server.Version}}"))
        if answer.ok:
            host = run_docker((path, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")).stdout.strip()
            return Client(path, buildx, host)
        unanswered, said = path, last_line(answer)
    if unanswered and "is too old" in said:
        raise EngineError(
            f"{unanswered} is too old for the Docker Engine that answers it ({said}); install a newer docker client here, or let the "
            "Engine accept it: DOCKER_MIN_API_VERSION=1.41 in the Engine's environment"
        )
    if unanswered:
        raise EngineError(f"no Docker Engine answers {unanswered}; start it, or set DOCKER_HOST to one that runs")
    raise EngineError(
        "no docker client that can build with BuildKit is on the PATH; install Docker with its buildx plugin"
    )


def clients() -> Iterator[str]:
    """Every docker on the PATH, each file once: a machine may have a new one without plugins and an old one."""
    seen: set[str] = set()
    for folder in [*os.get_exec_path(), "/usr/bin"]:
        found = shutil.which("docker", path=folder)
        if found and os.path.realpath(found) not in seen:
            seen.add(os.path.realpath(found))
            yield found


def last_line(result: Result) -> str:
    """The line by which a program names the cause of its failure, or how it ended when it said nothing."""
    return reason(result.stderr) or reason(result.stdout) or f"status {result.status}"


def _major(version: Result) -> int:
    number = version.stdout.strip().partition(".")[0]
    return int(number) if number.isdigit() else BUILDX_SINCE
