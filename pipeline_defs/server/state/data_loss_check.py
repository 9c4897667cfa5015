"""Data loss check: whether what runs keeps its data once a release's compose file is what describes it. Pure."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pipeline_defs.server.compose.compose_model import ComposeModel, Mount, Service
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.core.path_overrides import KEPT
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.data_mounts import Cluster, DataMount, SiteData, read_mounts

_FOLDERS = (
    "/var/lib/mysql",
    "/var/lib/mariadb",
    "/bitnami/mysql/data",
    "/bitnami/mariadb",
    "/data/db",
    "/data",
    "/var/lib/clickhouse",
)
"""Where images of databases keep their data."""
_OF_A_RELEASE = re.compile(r"/releases/[^/]+/")


def losses(said: str, site: Site) -> list[str]:
    """What a release would lose, each as a sentence with what to do; from what the look printed."""
    kept, model = read_mounts(said), read_model(said, site.project)
    return list(
        dict.fromkeys(
            [
                *_databases(kept, model),
                *_others(kept, model),
                *_subpaths(kept, model),
                *_volumes(kept, model),
                *_found_volumes(kept, model),
            ]
        )
    )


def _databases(kept: SiteData, model: ComposeModel) -> Iterator[str]:
    """A data folder needs its service, its place, and a server of its own major version."""
    for name, cluster in kept.clusters.items():
        service = model.services.get(name)
        around = [each for each in kept.held if each.service == name and _is_in(cluster.data, each.target)]
        held = max(around, key=lambda each: len(each.target), default=None)
        if service is None:
            yield (
                f"the service {name}, which holds a PostgreSQL database{f' in {held}' if held else ''}, is gone: if it has another name "
                f"now, call it {name} again; to do without it, back it up and remove its container on the server first"
            )
            continue
        mount = _data_mount(service, cluster, kept, model)
        same = held is None or _stays(held, mount, model)
        other = list(_other_major(name, cluster.major, kept.image(service.image))) if same else []
        yield from other or _moved(service, cluster, held, kept, model)


def _stays(held: DataMount, mount: Mount | None, model: ComposeModel) -> bool:
    """Whether a service has the same mounted again; Compose keeps an anonymous volume where nothing else is mounted in its place."""
    if held.anonymous:
        return mount is None or not mount.source or mount.target != held.target
    return mount is not None and _source(mount, model) in (held.source, _taken_over(held.source))


def _taken_over(folder: str) -> str:
    """Where a data folder lies once it is taken over from the release's own folder, where an older Shipline kept it."""
    return _OF_A_RELEASE.sub(f"/{KEPT}/", folder, count=1)


def _data(service: Service, cluster: Cluster, kept: SiteData) -> str:
    """Where the service would keep its data."""
    image = kept.image(service.image)
    return service.environment.get("PGDATA") or (image.data if image else cluster.data)


def _data_mount(service: Service, cluster: Cluster, kept: SiteData, model: ComposeModel) -> Mount | None:
    return model.volume_at(service.name, _data(service, cluster, kept))


def _moved(
    service: Service, cluster: Cluster, held: DataMount | None, kept: SiteData, model: ComposeModel
) -> Iterator[str]:
    """Whether the data folder would be another one."""
    if held is None:
        return
    data, mount = _data(service, cluster, kept), _data_mount(service, cluster, kept, model)
    if held.anonymous and _stays(held, mount, model):
        return
    if mount is None or not mount.source:
        yield f"{held}, where the database of {service.name} is, is not mounted at {data}: mount it there as before"
    elif not _stays(held, mount, model) or _inside(cluster.data, held.target) != _inside(data, mount.target):
        yield (
            f"the database of {service.name} is in {held} at {cluster.data}, and would be a new and empty one in {_source(mount, model)} "
            f"at {data}: mount what it is in as before, or copy it there first"
        )


def _other_major(service: str, major: str, image: Cluster | None) -> Iterator[str]:
    if image and image.major and image.major != major:
        yield (
            f"the database of {service} was made by PostgreSQL {major}, and PostgreSQL {image.major} does not start on it: keep {major}, "
            "and move to the newer version by a dump that is restored into a new volume"
        )


def _others(kept: SiteData, model: ComposeModel) -> Iterator[str]:
    """What another database has made stays mounted where its image keeps data."""
    for held in kept.held:
        service = model.services.get(held.service)
        if held.target not in _FOLDERS or held.service in kept.clusters or service is None:
            continue
        mount = model.volume_at(held.service, held.target)
        if _stays(held, mount, model):
            continue
        place = f"in {_source(mount, model)}" if mount and mount.source else "in a volume of its own"
        mounted = {_source(each, model) for other in model.services.values() for each in other.mounts if each.source}
        if held.kind == "volume" and not held.anonymous and held.source not in mounted:
            continue  # said of volumes in general
        yield (
            f"the data of {held.service} is in {held} at {held.target}, and would be new and empty {place}: mount what it is in as before, "
            "or copy it there first"
        )


def _subpaths(kept: SiteData, model: ComposeModel) -> Iterator[str]:
    """A service goes on seeing the same folder of a volume."""
    for held in kept.held:
        service = model.services.get(held.service)
        for mount in service.mounts if service and held.kind == "volume" else ():
            same = mount.target == held.target and _source(mount, model) == held.source
            if same and mount.subpath != held.subpath:
                was, will = (f"the folder {each}" if each else "all" for each in (held.subpath, mount.subpath))
                yield (
                    f"{held.service} has {was} of {held} at {held.target}, and would have {will} of it: mount it as before, or copy the "
                    "data first"
                )


def _volumes(kept: SiteData, model: ComposeModel) -> Iterator[str]:
    """A volume that somebody named is mounted by some service afterwards, too."""
    mounted = {_source(mount, model) for service in model.services.values() for mount in service.mounts if mount.source}
    for held in kept.held:
        if (
            held.kind == "volume"
            and not held.anonymous
            and held.source not in mounted
            and held.service not in kept.clusters
        ):
            yield (
                f"{held}, which {held.service} has mounted at {held.target}, is not mounted by any service any more, so its data would "
                f"stay behind: mount it as before; to do without it, remove the container of {held.service} on the server first"
            )


def _found_volumes(kept: SiteData, model: ComposeModel) -> Iterator[str]:
    """A data folder whose container is not there."""
    for service in model.services.values():
        image = kept.image(service.image)
        mount = model.volume_at(service.name, service.environment.get("PGDATA") or image.data) if image else None
        major = kept.volumes.get(_source(mount, model)) if mount else None
        if major:
            yield from _other_major(service.name, major, image)


def _source(mount: Mount, model: ComposeModel) -> str:
    """A volume's name on the Engine, or a folder's path."""
    volume = model.volumes.get(mount.source) if mount.kind == "volume" else None
    return volume.name if volume else mount.source


def _is_in(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _inside(path: str, folder: str) -> str:
    return str(PurePosixPath(path).relative_to(folder)) if _is_in(path, folder) else path
