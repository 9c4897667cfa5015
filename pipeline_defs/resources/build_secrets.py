"""Build secrets: what a build gets by `--secret` and `--ssh`. It reaches neither a command line nor a layer."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config.build import Build
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.docker_client import EngineError

_AGENT = "SSH_AUTH_SOCK"


@dataclass(frozen=True)
class Given:
    """Options and environment of a `docker build`, and the secrets that are masked in what it says."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[Secret, ...]


def build_secrets(build: Build, folder: Path) -> Given:
    """Write the secrets of a build into files of mode 0600 in a folder that is gone after it.

    Raises SecretUnavailable for one that is not there, and EngineError where no SSH agent runs.
    """
    words: list[str] = []
    environment: dict[str, str] = {}
    secrets: list[Secret] = []
    for number, (name, source) in enumerate(sorted(build.secrets.items())):
        secrets.append(source.read())
        words += ["--secret", f"id={name},src={_write(folder / f'secret-{number}', secrets[-1].reveal())}"]
    for number, (name, key) in enumerate(sorted(build.ssh.items())):
        if key == "agent":
            environment[_AGENT] = _agent()
            words += ["--ssh", name]
        else:
            secrets.append(key.read())
            words += ["--ssh", f"{name}={_write(folder / f'key-{number}', secrets[-1].reveal() + chr(10))}"]
    return Given(tuple(words), environment, tuple(secrets))


def _agent() -> str:
    socket = os.environ.get(_AGENT, "")
    if not socket:
        raise EngineError(
            f"build.ssh gives the SSH agent, and none runs for Shipline ({_AGENT} is not set); start one, or name a key: "
            "`ssh: {default: {file: ~/.ssh/id_ed25519}}`"
        )
    return socket


def _write(file: Path, text: str) -> Path:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as stream:
        stream.write(text)
    return file
