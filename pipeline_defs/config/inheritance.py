"""Inheritance: what an environment that rehearses another has of it, where its own part of the file says nothing."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.config.config_errors import Problem

_AS_IT_RUNS = (
    "compose",
    "overrides",
    "files",
    "data",
    "secret_files",
    "service",
    "also",
    "port",
    "environment",
    "secrets",
    "database",
    "migrate",
    "revision",
    "downgrade",
    "console",
    "test",
    "timeout",
    "health",
)
"""The keys that are the same, because a rehearsal is to be like what it rehearses."""

_WITH_THE_ADDRESS = ("environment", "secrets", "secret_files", "database")
"""Of a database that is no container these may hold its address, with which a rehearsal would reach people's data."""

INHERITED = frozenset({"hosts", "directory", *_AS_IT_RUNS})
"""All keys that may be left out where another environment is rehearsed."""


def with_inherited(environments: Any) -> Any:
    """The environments as they are written in the file, each that rehearses another completed by what it inherits."""
    if not isinstance(environments, dict):
        return environments
    return {name: _completed(name, given, environments) for name, given in environments.items()}


def said_once(problems: list[Problem], environments: Any) -> list[Problem]:
    """Problems without those that an environment has only by inheritance: they are named where they were written."""
    places = {problem.where: problem.what for problem in problems}
    origins = {each.where: _origin(each.where, environments) for each in problems}
    return [each for each in problems if not origins[each.where] or places.get(origins[each.where]) != each.what]


def _origin(where: str, environments: Any) -> str:
    """Where the key at a place was written, if that is in another environment; else empty."""
    for name, given in environments.items() if isinstance(environments, dict) else ():
        rest = where.removeprefix(f"environments.{name}.")
        key = rest.partition(".")[0].partition("[")[0]
        if rest != where and isinstance(given, dict) and given.get("rehearses") and key not in given:
            return f"environments.{given['rehearses']}.{rest}"
    return ""


def _completed(name: Any, given: Any, environments: Mapping[Any, Any]) -> Any:
    other_name = given.get("rehearses") if isinstance(given, dict) else None
    other = environments.get(other_name) if isinstance(other_name, str) else None
    if not isinstance(other, dict) or other is given or other.get("rehearses"):
        return given
    return {**dict(_inherited(str(name), other_name or "", given, other)), **given}


def _inherited(
    name: str, other_name: str, given: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    hosts = other.get("hosts")
    if hosts:
        yield "hosts", _alone(hosts[0] if isinstance(hosts, list) else hosts)
    if isinstance(other.get("directory"), str):
        yield "directory", _beside(other["directory"], name, other_name)
    for key in _AS_IT_RUNS:
        if key in other and not _leads_to_people(key, other) and not (key == "overrides" and "compose" in given):
            yield key, other[key]
    services = other.get("services")
    if "also" not in other and isinstance(services, dict):  # how each is replaced matters only where people are served
        yield "also", [service for service in services if service != other.get("service", "web")]


def _alone(host: Any) -> Any:
    """A host that runs every service, whatever its roles are among others."""
    return {key: value for key, value in host.items() if key != "roles"} if isinstance(host, dict) else host


def _leads_to_people(key: str, other: Mapping[str, Any]) -> bool:
    database = other.get("database")
    return key in _WITH_THE_ADDRESS and isinstance(database, dict) and database.get("url") is not None


def _beside(directory: str, name: str, other_name: str) -> str:
    """A folder of its own: `/opt/shop/production` has `/opt/shop/staging` beside it, `/opt/shop` has `/opt/shop-staging`."""
    folder = PurePosixPath(directory)
    if not folder.name:
        return directory  # which is refused as it is
    named = (
        folder.name.replace(other_name, name) if other_name and other_name in folder.name else f"{folder.name}-{name}"
    )
    return str(folder.with_name(named))
