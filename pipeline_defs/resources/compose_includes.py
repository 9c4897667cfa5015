"""Compose includes: the further files that compose files are made of, `include` and `extends`, found in their text."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pipeline_defs.resources.docker_client import EngineError


class _Loader(yaml.SafeLoader):
    """Reads Compose's own tags, `!reset` and `!override`, as if they were not there."""


def _untagged(loader: yaml.Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None if suffix == "reset" else node.value


_Loader.add_multi_constructor("!", _untagged)


def included(checkout: Path, compose_files: tuple[str, ...]) -> tuple[str, ...]:
    """The files of the repository that these compose files need to be understood, themselves included, each once.

    Besides what they include and extend, that is the `.env` beside them, where git has one. Raises EngineError for a file that is
    not there.
    """
    folder = posixpath.dirname(compose_files[0])
    found: dict[str, None] = {}
    for path in compose_files:
        _follow(checkout, folder, path, found)
    return tuple(found)


def _follow(checkout: Path, folder: str, path: str, found: dict[str, None]) -> None:
    if path in found:
        return
    file = checkout / path
    if not file.resolve().is_relative_to(checkout.resolve()) or not file.is_file():
        raise EngineError(f"the compose file {path} is not in the repository at this commit")
    found[path] = None
    beside = _joined(folder, ".env")
    if (checkout / beside).is_file():
        found[beside] = None
    said = read_compose(checkout, path)
    for own_folder, other in _named(said):
        there = _found(checkout, folder, path, other)
        _follow(checkout, _joined(folder, own_folder) if own_folder else posixpath.dirname(there), there, found)
    for variables in _env_files(said):
        there = _found(checkout, folder, path, variables)
        if (checkout / there).resolve().is_relative_to(checkout.resolve()) and (checkout / there).is_file():
            found[there] = None


def read_compose(checkout: Path, path: str) -> dict[str, Any]:
    """What one compose file says, as it is written. Raises EngineError for what is no YAML."""
    try:
        text = yaml.load((checkout / path).read_text(), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EngineError(f"the compose file {path} is not YAML: {str(error).splitlines()[0]}") from None
    return text if isinstance(text, dict) else {}


def _found(checkout: Path, folder: str, path: str, other: str) -> str:
    """Where a file lies that a compose file names: beside the first one, or beside the one that names it."""
    if "://" in other or other.startswith(("oci:", "git@")):
        raise EngineError(
            f"{path} names {other}, which may be another one each time; put a copy of it into the repository"
        )
    if "$" in other:
        raise EngineError(f"{path} names the file {other}; write its path without variables")
    near = [_joined(base, other) for base in (folder, posixpath.dirname(path))]
    return next((each for each in near if (checkout / each).is_file()), near[0])


def _env_files(text: dict[str, Any]) -> Iterator[str]:
    """The files of variables for what a compose file includes."""
    for each in text.get("include") or []:
        files = each.get("env_file") if isinstance(each, dict) else None
        yield from map(str, [files] if isinstance(files, str) else files or [])


def _named(text: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The files that a compose file names, each with the folder in which its paths begin where it gives one."""
    for each in text.get("include") or []:
        given = each if isinstance(each, dict) else {"path": each}
        paths = given.get("path") or []
        folder = str(given.get("project_directory") or "")
        yield from ((folder, str(path)) for path in ([paths] if isinstance(paths, str) else paths))
    services = text.get("services") or {}
    for service in services.values() if isinstance(services, dict) else ():
        extends = service.get("extends") if isinstance(service, dict) else None
        if isinstance(extends, dict) and extends.get("file"):
            yield "", str(extends["file"])


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))
