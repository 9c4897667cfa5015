"""Copy location: whether the copy of a rehearsal lies where it can be removed again. Pure."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from pipeline_defs.server.compose.compose_model import ComposeModel, Mount, Service
from pipeline_defs.server.core.site import Site

_PLACES = ("/var/lib/postgresql/data", "/var/lib/postgresql/18/docker")
"""Where the official images of PostgreSQL keep their data, up to 17 and from 18 on."""


def copy_stays(site: Site, model: ComposeModel) -> Iterator[str]:
    """Where the copy of a database would stay on the disk after the rehearsal, a phrase each that says what to write."""
    config = site.config.database
    service = model.services.get(config.service) if config and config.url is None else None
    if config is None or service is None:
        return
    if config.commands:
        mounts = [mount for mount in service.mounts if mount.kind == "bind" and not mount.read_only and _is_data(mount)]
        named = [mount for mount in service.mounts if mount.kind == "volume" and mount.source == config.volume]
    else:
        mounts = _around_data(service)
        named = []
    for mount in (*mounts, *named):
        yield from _stays(mount, config.volume, service.name, model)


def _around_data(service: Service) -> list[Mount]:
    """The mounts of a PostgreSQL service that its data folder may be in."""
    given = service.environment.get("PGDATA")
    places = [PurePosixPath(place) for place in ([given] if given else _PLACES)]
    return [mount for mount in service.mounts if any(place.is_relative_to(mount.target or "/") for place in places)]


def _is_data(mount: Mount) -> bool:
    """Whether a database of another kind has its data in a folder, by the places that are usual."""
    return mount.target.startswith(("/var/lib/", "/data", "/bitnami"))


def _stays(mount: Mount, key: str, service: str, model: ComposeModel) -> Iterator[str]:
    instead = f"mount a volume of its own there: {key}:{mount.target}"
    if mount.kind == "bind":
        yield f"the folder {mount.source} of the service {service}; {instead}"
    if mount.kind != "volume" or not mount.source:
        return
    volume = model.volumes.get(mount.source)
    if volume and volume.external:
        yield f"the external volume {volume.name} of the service {service}; {instead}"
    elif volume and volume.device:
        yield f"the folder {volume.device}, which the volume {mount.source} stands for; remove its driver_opts"
    elif mount.source != key:
        yield (
            f"the volume {mount.source} of the service {service}, since database.volume is {key}; "
            f"write volume: {mount.source} under database"
        )
