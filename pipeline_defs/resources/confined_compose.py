"""Confined compose: what the compose files of a pull request may read, and the compose file that confines its services on a server."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_defs.resources.compose_includes import read_compose
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.server.compose.bundle import CONFINED
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.pull_confinement import confined_file

_SERVER_READS = ("env_file", "label_file")


def confine(site: Site, checkout: Path) -> dict[str, bytes]:
    """The compose file that confines a pull request, by its name among the release's files.

    Compose reads files before it says what it found, so this looks at the files as they are written. Raises EngineError for what
    they would read besides files of the repository.
    """
    services: dict[str, Any] = {}
    networks = {"default"}
    for path in site.config.compose_files:
        if not (checkout / path).is_file():
            raise EngineError(f"the compose file {path} is not in the repository at this commit")
        said = read_compose(checkout, path)
        refused = list(_refused(said, posixpath.dirname(site.config.compose)))
        if refused:
            raise EngineError(f"{path} is not rehearsed before it is merged, because of {', '.join(refused[:8])}")
        for name, service in _entries(said, "services"):
            services[name] = {**services.get(name, {}), **service}
        networks |= {name for name, _ in _entries(said, "networks")}
    alone = {name for name, service in services.items() if service.get("network_mode")}
    return {CONFINED: confined_file(list(services), networks, alone).encode()}


def _entries(said: dict[str, Any], section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found = said.get(section)
    for name, value in found.items() if isinstance(found, dict) else ():
        yield str(name), value if isinstance(value, dict) else {}


def _refused(said: dict[str, Any], folder: str) -> Iterator[str]:
    """What would let Compose read something else than files of the repository, by its key."""
    if said.get("include"):
        yield "include"
    for name, service in _entries(said, "services"):
        extends = service.get("extends")
        if isinstance(extends, dict) and extends.get("file"):
            yield f"services.{name}.extends"
        for key in _SERVER_READS:
            given = service.get(key)
            for each in given if isinstance(given, list) else [given] if given else []:
                path = each.get("path") if isinstance(each, dict) else each
                if _leads_out(path, folder):
                    yield f"services.{name}.{key} ({path})"
    for section in ("secrets", "configs"):
        for name, thing in _entries(said, section):
            path = thing.get("file")
            if path is not None and _leads_out(path, folder):
                yield f"{section}.{name}.file ({path})"


def _leads_out(path: Any, folder: str) -> bool:
    """Whether a path may be anything else than one of the repository. One with a variable, or that is no text, may be any."""
    if not isinstance(path, str):
        return True
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "$" in path or path.startswith(("/", "~")) or joined == ".." or joined.startswith("../")
