"""Found compose file: what one of a repository's compose files says about the services in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from pipeline_defs.proposal.compose_variables import default_of, variables
from pipeline_defs.proposal.proposal_error import ProposalError

_POSTGRES = re.compile(r"(^|/)(postgres|postgis|pgvector|timescaledb(-ha)?|postgresql)(:|@|$)")
_DATA = PurePosixPath("/var/lib/postgresql")


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        build: the Dockerfile that it is built from, relative to the repository; None where it is not built.
        target: the stage that is built, where the file names one.
        environment: what is set for it; a value that holds a variable is told as it is written.
        ports: the ports inside the container that are published or exposed; published: those of the host, as far as they are known.
        volume: the named volume that holds PostgreSQL's data, where it is mounted.
        reads: its `env_file`s that have to be there, relative to the repository.
        ends: another service waits until it has ended well.
        said: what the file says of it, as it is written.
    """

    name: str
    image: str
    build: str | None
    context: str | None
    environment: dict[str, str]
    ports: tuple[int, ...]
    published: tuple[int, ...]
    volume: str | None
    reads: tuple[str, ...]
    healthcheck: bool
    target: str | None = None
    ends: bool = False
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_postgres(self) -> bool:
        """True for a PostgreSQL, by its image's name."""
        return self.build is None and _POSTGRES.search(self.image) is not None


@dataclass(frozen=True)
class ComposeFile:
    """A compose file: its path in the repository, its services, its variables, and those of them that somebody has to set.

    `overrides` are the paths of files on top of it, whose services are these as they are merged. `joins`: it has an external network,
    by which something else may reach the app.
    """

    path: str
    services: dict[str, Service]
    variables: frozenset[str]
    unset: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    joins: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Its own path, and those of the files on top of it."""
        return (self.path, *self.overrides)

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
    for name in _awaited(services):
        if name in read:
            read[name] = replace(read[name], ends=True)
    found = variables(data)
    unset = tuple(name for name, needed in found.items() if needed)
    networks = data.get("networks")
    joins = any(isinstance(each, dict) and each.get("external") for each in _listed_values(networks))
    return ComposeFile(path, read, frozenset(found), unset, joins=joins)


def _listed_values(said: Any) -> list[Any]:
    return list(said.values()) if isinstance(said, dict) else []


def on_top(base: ComposeFile, file: ComposeFile) -> ComposeFile:
    """The two as Compose merges them, where `file` only changes services that `base` has; else `file` alone.

    A list of the one takes the place of the other's here, which is near enough to what is looked for.
    """
    changes = [each for name, each in file.services.items() if name in base.services and not (each.image or each.build)]
    if not changes:
        return file
    folder = PurePosixPath(base.path).parent
    merged = dict(base.services)
    for name, service in file.services.items():
        before = merged.get(name)
        said = {**(before.said if before else {}), **service.said}
        merged[name] = replace(_service(name, said, folder), ends=bool(before and before.ends) or service.ends)
    unset = tuple(dict.fromkeys((*base.unset, *file.unset)))
    return ComposeFile(
        base.path,
        merged,
        base.variables | file.variables,
        unset,
        (*base.overrides, *file.paths),
        base.joins or file.joins,
    )


def _awaited(services: dict[Any, Any]) -> Iterator[str]:
    """The services that others wait for to end."""
    for said in services.values():
        given = said.get("depends_on") if isinstance(said, dict) else None
        for name, how in given.items() if isinstance(given, dict) else ():
            if isinstance(how, dict) and how.get("condition") == "service_completed_successfully":
                yield str(name)


class _Loader(yaml.SafeLoader):
    """YAML without Python objects. Compose's own tags, such as !reset, leave their value as it is."""


def _untagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else None


_Loader.add_multi_constructor("!", _untagged)


def _target(build: Any) -> str | None:
    return str(build["target"]) if isinstance(build, dict) and build.get("target") else None


def _service(name: str, said: dict[Any, Any], folder: PurePosixPath) -> Service:
    dockerfile, context = _build(said.get("build"), folder)
    volumes = list(_volumes(_listed(said.get("volumes"))))
    return Service(
        name=name,
        image=str(said.get("image") or ""),
        build=dockerfile,
        context=context,
        environment=_environment(said.get("environment")),
        ports=tuple(_numbers(map(_inside, [*_listed(said.get("ports")), *_listed(said.get("expose"))]))),
        published=tuple(_numbers(map(_outside, _listed(said.get("ports"))))),
        volume=next((source for source, target in volumes if _is_name(source) and _is_data(target)), None),
        reads=tuple(dict.fromkeys(_plain(folder / path) for path in _files(said.get("env_file")))),
        healthcheck=bool(said.get("healthcheck")),
        target=_target(said.get("build")),
        said={str(key): value for key, value in said.items()},
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


def _inside(port: Any) -> str:
    """The port in the container, of `8080:80/tcp` or its long form."""
    return str(port.get("target", "") if isinstance(port, dict) else port).rpartition(":")[2].partition("/")[0]


def _outside(port: Any) -> str:
    """The port of the host; empty where Docker chooses one."""
    given = str(port.get("published", "") if isinstance(port, dict) else port)
    published = given if isinstance(port, dict) else given.rpartition(":")[0]
    return (default_of(published) or "").rpartition(":")[2]  # an address may stand before it


def _numbers(said: Iterable[str]) -> Iterator[int]:
    known = (default_of(text) for text in said)
    yield from (int(text) for text in known if text and text.isascii() and text.isdigit())


def _volumes(said: list[Any]) -> Iterator[tuple[str, str]]:
    """Source and target of each volume, of its short and its long form."""
    for each in said:
        if isinstance(each, dict):
            yield str(each.get("source") or ""), str(each.get("target") or "")
        else:
            source, _, rest = str(each).partition(":")
            yield source, rest.partition(":")[0]


def _is_name(source: str) -> bool:
    """True for a volume that Compose manages, and not a path or nothing."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*", source) is not None


def _is_data(target: str) -> bool:
    return PurePosixPath(target).is_relative_to(_DATA)


def _files(said: Any) -> list[str]:
    """The paths under `env_file`, one or a list of them, that have to be there; each may be a mapping."""
    listed = [said] if isinstance(said, (str, dict)) else _listed(said)
    given = [each if isinstance(each, dict) else {"path": each} for each in listed]
    paths = (each.get("path") for each in given if each.get("required") is not False)
    return [str(path) for path in paths if path and not str(path).startswith(("/", "~", "$"))]


def _listed(said: Any) -> list[Any]:
    return list(said) if isinstance(said, (list, tuple)) else []
