"""Compose file: what one of a repository's compose files says about the services in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from pipeline_defs.proposal.errors import ProposalError

# https://docs.docker.com/reference/compose-file/interpolation/
_VARIABLE = re.compile(r"\$\$|\$(?:\{(?P<braced>[A-Za-z_]\w*)(?P<more>[^}]*)\}|(?P<bare>[A-Za-z_]\w*))")
_POSTGRES = re.compile(r"(^|/)(postgres|postgis|pgvector|timescaledb(-ha)?|postgresql)(:|@|$)")
_DATA = PurePosixPath("/var/lib/postgresql")


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        build: the Dockerfile that it is built from, relative to the repository; None where it is not built.
        volume: the named volume that holds PostgreSQL's data, where it is mounted.
        ports: the ports inside the container that are published or exposed.
        environment: what is set for it; a value that holds a variable is told as it is written.
    """

    name: str
    image: str
    build: str | None
    context: str | None
    environment: dict[str, str]
    needs: tuple[str, ...]
    ports: tuple[int, ...]
    publishes: bool
    volume: str | None
    healthcheck: bool

    @property
    def is_postgres(self) -> bool:
        """True for a PostgreSQL, by its image's name."""
        return self.build is None and _POSTGRES.search(self.image) is not None


@dataclass(frozen=True)
class ComposeFile:
    """A compose file: its path in the repository, its services, its variables, and those of them that somebody has to set."""

    path: str
    services: dict[str, Service]
    variables: frozenset[str]
    unset: tuple[str, ...]

    @property
    def postgres(self) -> Service | None:
        """The service that is a PostgreSQL, None where there is none or more than one."""
        found = [service for service in self.services.values() if service.is_postgres]
        return found[0] if len(found) == 1 else None


def read_compose(root: Path, path: str) -> ComposeFile:
    """Read a compose file of the repository at `root`. Raises ProposalError where it is none."""
    try:
        data = yaml.load((root / path).read_bytes(), _Loader)
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProposalError(f"{path} cannot be read as a compose file ({' '.join(str(error).split())})") from None
    services = data.get("services") if isinstance(data, dict) else None
    if not isinstance(services, dict) or not services:
        raise ProposalError(f"{path} has no services; a compose file names them under the key services")
    folder = PurePosixPath(path).parent
    read = {
        str(name): _service(str(name), said if isinstance(said, dict) else {}, folder)
        for name, said in services.items()
    }
    found = list(_variables(data))
    unset = dict.fromkeys(_name(match) for match in found if _has_no_default(match))
    return ComposeFile(path, read, frozenset(map(_name, found)), tuple(unset))


def default_of(text: str) -> str | None:
    """The text with its variables replaced by their defaults; None where one has none."""
    if any(_has_no_default(match) for match in _VARIABLE.finditer(text)):
        return None
    return _VARIABLE.sub(lambda match: "$" if match[0] == "$$" else re.sub(r"^:?-", "", match["more"] or ""), text)


class _Loader(yaml.SafeLoader):
    """YAML without Python objects. Compose's own tags, such as !reset, leave their value as it is."""


def _untagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else None


_Loader.add_multi_constructor("!", _untagged)


def _service(name: str, said: dict[Any, Any], folder: PurePosixPath) -> Service:
    dockerfile, context = _build(said.get("build"), folder)
    return Service(
        name=name,
        image=str(said.get("image") or ""),
        build=dockerfile,
        context=context,
        environment=_environment(said.get("environment")),
        needs=tuple(map(str, said.get("depends_on") or ())),
        ports=tuple(_ports([*_listed(said.get("ports")), *_listed(said.get("expose"))])),
        publishes=bool(said.get("ports")),
        volume=next(_data_volumes(_listed(said.get("volumes"))), None),
        healthcheck=bool(said.get("healthcheck")),
    )


def _build(said: Any, folder: PurePosixPath) -> tuple[str | None, str | None]:
    """Dockerfile and context, relative to the repository. What leads out of it is refused with the app's file."""
    if not said:
        return None, None
    given = said if isinstance(said, dict) else {"context": said}
    context = _plain(folder / str(given.get("context") or "."))
    return _plain(PurePosixPath(context) / str(given.get("dockerfile") or "Dockerfile")), context


def _plain(path: PurePosixPath) -> str:
    """A path without `.` and, where it can be, without `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return str(PurePosixPath(*parts))


def _environment(said: Any) -> dict[str, str]:
    if isinstance(said, dict):
        return {str(name): "" if value is None else str(value) for name, value in said.items()}
    pairs = (str(line).partition("=") for line in _listed(said))
    return {name: value for name, _, value in pairs}


def _ports(said: list[Any]) -> Iterator[int]:
    for each in said:
        target = str(each.get("target", "") if isinstance(each, dict) else each).rpartition(":")[2].partition("/")[0]
        known = default_of(target)
        if known and known.isdigit():
            yield int(known)


def _data_volumes(said: list[Any]) -> Iterator[str]:
    for each in said:
        source, target = (
            (each.get("source"), each.get("target"))
            if isinstance(each, dict)
            else (str(each).split(":")[0], [*str(each).split(":"), ""][1])
        )
        named = source and not str(source).startswith((".", "/", "~", "$"))
        if named and PurePosixPath(str(target)).is_relative_to(_DATA):
            yield str(source)


def _listed(said: Any) -> list[Any]:
    return list(said) if isinstance(said, (list, tuple)) else []


def _variables(node: Any) -> Iterator[re.Match[str]]:
    """The variables in every text, in the order in which they are met."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _variables(value)
    elif isinstance(node, str):
        yield from (match for match in _VARIABLE.finditer(node) if match[0] != "$$")


def _name(match: re.Match[str]) -> str:
    return match["braced"] or match["bare"]


def _has_no_default(match: re.Match[str]) -> bool:
    return match[0] != "$$" and not (match["more"] or "").startswith((":-", "-", ":+", "+"))
