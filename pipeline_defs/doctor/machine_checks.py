"""This machine: the Engine that builds and tests, Compose, and room on its disks."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline_defs.config.pinned_images import HOW, SETTING, note
from pipeline_defs.doctor.finding import Finding, broken, good, warning
from pipeline_defs.resources.compose_test_file import find_compose
from pipeline_defs.resources.docker_client import Client, EngineError, find_client

HERE = "this machine"
LOW_BYTES = 5 * 2**30
"""Below this a build or two fill the disk."""


def machine(workspace: Path) -> Iterator[Finding]:
    """What builds and tests need here. `workspace` is where their files are."""
    try:
        client = find_client()
        version = client.run("version", "--format", "{{.Server.Version}}").stdout.strip()
        how = "its buildx plugin" if client.buildx else "the BuildKit in it"
        yield good(HERE, "Docker Engine", f"{version} at {client.host}, builds with {how}")
        yield _compose(client)
        folder = client.run("info", "--format", "{{.DockerRootDir}}").stdout.strip()
        yield from _disk("disk of the Engine", Path(folder))
    except EngineError as error:
        yield broken(HERE, "Docker Engine", error)
    yield from _disk("disk of the home", workspace)


def modes(home: Path) -> Iterator[Finding]:
    """May anybody but their owner read the home's `.env`, or change what Shipline reads in the home? Told only where it is so."""
    for path, denied, mode in ((home, 0o022, "700"), (home / ".env", 0o077, "600")):
        if not path.exists():
            continue
        found = stat.S_IMODE(path.stat().st_mode)
        if found & denied:
            says = (
                f"{path} has mode {found:o}: other users of this machine may {'change' if found & 0o022 else 'read'} it"
            )
            yield warning(HERE, "mode", says, f"chmod {mode} {path}")


def images() -> Iterator[Finding]:
    """Are the images of others used by their digests?"""
    if said := note():
        chosen = os.environ.get(SETTING) == "tags"
        yield good(HERE, "images", said) if chosen else warning(HERE, "images", said, HOW)


def _compose(client: Client) -> Finding:
    try:
        return good(HERE, "Compose", " ".join(find_compose(client)))
    except EngineError as error:
        return broken(HERE, "Compose", error)


def _disk(what: str, folder: Path) -> Iterator[Finding]:
    """Room on the disk of a folder that this process can see, or will make."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if there is None or str(folder) in ("", "."):
        return
    free = shutil.disk_usage(there).free
    says = f"{free / 2**30:.1f} GiB free for {folder}"
    if free < LOW_BYTES:
        yield warning(HERE, what, says, "remove images that nobody needs: docker image prune -a; or give it more room")
    else:
        yield good(HERE, what, says)
