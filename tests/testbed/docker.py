"""The docker client: found once, called with an argument list, its errors told in one sentence."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from pipeline_defs.resources.docker_client import BUILDX_SINCE
from pipeline_defs.resources.docker_client import clients as programs
from tests.testbed.checkout import BedError


def clients() -> Iterator[str]:
    """Every docker client of this machine that can build with BuildKit, in the order of the PATH."""
    return (program for program in programs() if builds_with_buildx(program) or _has_buildkit_inside(program))


def builds_with_buildx(program: str) -> bool:
    """True when this client has the buildx plugin."""
    return _run(program, "buildx", "version").returncode == 0


def _has_buildkit_inside(program: str) -> bool:
    found = re.match(r"Docker version (\d+)\.", _run(program, "--version").stdout)
    return found is not None and int(found[1]) < BUILDX_SINCE


def server_version(program: str) -> str:
    """Version of the Engine that answers this client; empty when none does."""
    answer = _run(program, "version", "--format", "{{.Server.Version}}", timeout=15)
    return "" if answer.returncode else answer.stdout.strip()


def complaint() -> str:
    """Why no Engine answers, in the words of the first client that could build; or that there is no such client."""
    for program in clients():
        return _said(_run(program, "version", "--format", "{{.Server.Version}}", timeout=15))
    return "the docker client has no buildx plugin" if shutil.which("docker") else "no docker client on the PATH"


@functools.cache
def client() -> str:
    """The first client that can build and that the Engine answers; BedError when there is none."""
    for found in clients():
        if server_version(found):
            return found
    raise BedError(f"No Docker Engine answers ({complaint()}): install or start Docker, with its buildx plugin.")


def docker(*arguments: str, check: bool = True, timeout: float = 300, **options: Any) -> str:
    """Run one docker command and return what it printed, without white space around it.

    Raises BedError with the client's own last line when `check` is true and the command fails, or when it takes longer
    than `timeout` seconds. Further options are those of `subprocess.run`.
    """
    done = _run(client(), *arguments, timeout=timeout, **options)
    if check and done.returncode:
        raise BedError(f"`docker {_verb(arguments)} …` failed with status {done.returncode}: {_said(done)}")
    return done.stdout.strip()


def _verb(arguments: tuple[str, ...]) -> str:
    """The command's name without options before it and values behind it, which may be long or nobody's business."""
    after = arguments[2:] if arguments[0] == "--config" else arguments
    return after[0]


def succeeds(*arguments: str) -> bool:
    """True when the docker command ends with status 0."""
    return _run(client(), *arguments).returncode == 0


def environment() -> dict[str, str]:
    """The environment docker is called with: BuildKit on, no advertisements in the output."""
    return os.environ | {"DOCKER_BUILDKIT": "1", "DOCKER_CLI_HINTS": "false"}


def run(program: str, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One command of a certain client, with further variables; whether it went well is for the caller to see."""
    return _run(program, *arguments, env=os.environ | environment)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]


def _run(program: str, *arguments: str, timeout: float = 60, **options: Any) -> subprocess.CompletedProcess[str]:
    """A command that took too long has status 124, as with timeout(1)."""
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    fixed: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "env": environment()}
    try:
        return subprocess.run([program, *arguments], timeout=timeout, **fixed | options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([program], 124, "", f"no end within {timeout:.0f} s")
