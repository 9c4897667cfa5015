"""Unsupported rules: what Compose reads and cannot have on a server of ours, or what would lose data by design."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.site import Site

_DATA = ("/var/lib/postgresql/data", "/var/lib/mysql", "/var/lib/mariadb", "/data/db", "/data")
"""Where the images of databases keep their data."""


def unsupported(model: ComposeModel, site: Site, found: Findings) -> None:
    """Configs and secrets that nothing gives, programs that are no containers, and a database that is kept in memory."""
    running = active(model, site)
    for section, told in (("configs", model.configs), ("secrets", model.secrets)):
        used = {name for service in running for name in _names(service, section)}
        for name in sorted(used & set(told)):
            found.refuse(_source(f"{section}.{name}", told[name], site))
    for service in running:
        for key in ("provider", "models"):
            if service.keys.get(key):
                found.refuse(
                    f"the service {service.name} has {key}, which is no container that could be pinned, watched or replaced; remove it, "
                    "and run what it names as a service with an image, or beside Shipline"
                )
    found.refuse(_in_memory(model, site))


def _names(service: Service, section: str) -> Iterator[str]:
    """The configs or secrets that a service uses."""
    for each in service.keys.get(section) or []:
        yield str(each.get("source", "") if isinstance(each, dict) else each)


def _source(what: str, told: Mapping[str, Any], site: Site) -> Iterator[str]:
    variable = str(told.get("environment") or "")
    if told.get("external"):
        yield f"{what} is external, which only a swarm has; write file: ./PATH, and secret_files for one that git must not have"
    elif variable and variable not in {*site.config.environment, *site.config.secrets}:
        yield (
            f"{what} takes the variable {variable} from outside, and nothing sets it; set it under environment or secrets of "
            f"{site.environment}"
        )


def _in_memory(model: ComposeModel, site: Site) -> Iterator[str]:
    """Of the database, whose data is to outlive its container; that of a rehearsal is made anew each time."""
    config = site.config.database
    service = model.services.get(config.service) if config and config.url is None else None
    if service is None or site.config.rehearses:
        return
    own = service.environment.get("PGDATA")
    for data in [own] if own else _DATA:
        target = _innermost(service, data)
        if target:
            yield (
                f"the service {service.name} keeps its data in memory (tmpfs at {target}), so it is lost when its container is replaced; "
                f"mount a volume at {data}"
            )
            return


def _innermost(service: Service, data: str) -> str:
    """Where a tmpfs is mounted that holds a path, unless something else is mounted within it; empty for none."""
    memory = service.keys.get("tmpfs") or []
    listed = [memory] if isinstance(memory, str) else memory
    mounts = [(mount.target, mount.kind == "tmpfs") for mount in service.mounts if mount.target]
    mounts += [(str(each).partition(":")[0], True) for each in listed]
    around = [each for each in mounts if PurePosixPath(data).is_relative_to(each[0])]
    target, in_memory = max(around, key=lambda each: len(each[0]), default=("", False))
    return target if in_memory else ""
