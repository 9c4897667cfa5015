"""Isolation check: what a rehearsal would share with anything else on its server, found in its merged compose file before it is started."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.config.masking import MASK
from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose.compose_reader import MASKED, read_model
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site

_SHARED_BY_ALL = ("bridge", "host", "none")
"""Networks that every Engine has; containers on them do not find each other by name."""

_HARMLESS = (
    "/etc/localtime",
    "/etc/timezone",
    "/etc/ssl",
    "/usr/share/zoneinfo",
    "/usr/share/ca-certificates",
    "/dev/null",
)

_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")
"""By the Engine's socket one can change every container, even where it is mounted read-only."""

_OTHERS = """
project=$1
mine=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$project" | tr '\\n' ' ')
others=
for id in $(docker ps -aq --no-trunc); do case " $mine " in *" $id "*) ;; *) others="$others $id" ;; esac; done
echo '{"containers":'
if [ -n "$others" ]; then docker inspect $others; else echo '[]'; fi
echo ', "volumes":'
volumes=$(docker volume ls -q)
if [ -n "$volumes" ]; then docker volume inspect $volumes; else echo '[]'; fi
echo '}'
"""


@dataclass(frozen=True)
class OtherProjects:
    """What is on the server besides the rehearsal.

    Attributes:
        containers: names; networks: name of each that a container of the environment that is rehearsed is attached to.
        volumes: name of each, with the compose project it belongs to, empty for one that belongs to none.
        folders: paths of the machine that containers of the environment that is rehearsed mount.
        ports: published ports, `8080/tcp`, with the container that has them.
    """

    containers: frozenset[str]
    networks: frozenset[str]
    volumes: Mapping[str, str]
    folders: frozenset[str]
    ports: Mapping[str, str]


def ask_other_projects(site: Site) -> Command:
    """What is on the server besides a site's own containers, as JSON. It holds other containers' settings, so it is not shown."""
    return script(_OTHERS, site.project, says="what else is on the server?")


def read_other_projects(text: str, rehearsed: Site) -> OtherProjects:
    """From what the server answered. `rehearsed` is the environment that must not be touched."""
    answer = json.loads(text.replace(MASK, MASKED))
    theirs = [each for each in answer["containers"] if _project(each) == rehearsed.project]
    mounts = [mount for each in theirs for mount in each.get("Mounts") or []]
    return OtherProjects(
        containers=frozenset(each["Name"].removeprefix("/") for each in answer["containers"]),
        networks=frozenset(name for each in theirs for name in each["NetworkSettings"]["Networks"]),
        volumes={
            **{
                each["Name"]: (each.get("Labels") or {}).get("com.docker.compose.project", "")
                for each in answer["volumes"]
            },
            **{mount["Name"]: rehearsed.project for mount in mounts if mount.get("Name")},
        },
        folders=frozenset(mount["Source"] for mount in mounts if mount.get("Source")) | {rehearsed.path()},
        ports={
            f"{port['HostPort']}/{inside.partition('/')[2]}": each["Name"].removeprefix("/")
            for each in answer["containers"]
            for inside, ports in (each["NetworkSettings"].get("Ports") or {}).items()
            for port in ports or []
        },
    )


def _project(container: Mapping[str, Any]) -> str:
    return str((container["Config"].get("Labels") or {}).get("com.docker.compose.project", ""))


def clashes(site: Site, config: str, others: OtherProjects) -> list[str]:
    """What the merged compose file of a rehearsal (`docker compose config`) would share, each as a phrase that names it.

    Nothing of the environment that is rehearsed may be shared: no volume, network, container name, port or writable folder.
    """
    merged = read_model(config, site.project)
    return [*_volumes(site, merged, others), *_networks(merged, others), *_services(merged, others)]


def _volumes(site: Site, merged: ComposeModel, others: OtherProjects) -> Iterator[str]:
    for key, volume in merged.volumes.items():
        owner = others.volumes.get(volume.name)
        if owner and owner != site.project:
            yield f"the volume {volume.name} of {owner}"
        if volume.device and _meets(volume.device, others.folders):
            yield f"the folder {volume.device}, through the volume {key}"


def _networks(merged: ComposeModel, others: OtherProjects) -> Iterator[str]:
    for network in merged.networks.values():
        if network.name in others.networks and network.name not in _SHARED_BY_ALL:
            yield f"the network {network.name}"


def _services(merged: ComposeModel, others: OtherProjects) -> Iterator[str]:
    for service in merged.services.values():
        found = [*_containers(service, others), *_places(service, others), *_machine(service)]
        yield from (f"{each} (service {service.name})" for each in found)


def _containers(service: Service, others: OtherProjects) -> Iterator[str]:
    """Other containers that a service takes the name of, or has something in common with."""
    if service.container_name in others.containers:
        yield f"the container name {service.container_name}"
    for word in ("network_mode", "pid", "ipc"):
        kind, _, target = str(service.keys.get(word, "")).partition(":")
        if kind == "container":
            yield f"the {word} of the container {target}"
    for target in service.keys.get("volumes_from") or []:
        if str(target).startswith("container:"):
            yield f"the volumes of {target}"
    for target in service.keys.get("external_links") or []:
        yield f"a link to the container {str(target).partition(':')[0]}"


def _machine(service: Service) -> Iterator[str]:
    """What a service has in common with everything on the machine."""
    for word in ("pid", "ipc"):
        if service.keys.get(word) == "host":
            yield f"{word}: host, which is everybody's"
    if service.keys.get("use_api_socket"):
        yield "the Engine's socket, by use_api_socket"
    for mount in service.mounts:
        if mount.kind == "bind" and any(PurePosixPath(each).is_relative_to(mount.source) for each in _SOCKETS):
            yield f"the Engine's socket, by the mount {mount.source}"


def _places(service: Service, others: OtherProjects) -> Iterator[str]:
    """Folders that the environment that is rehearsed has, and ports that anybody has."""
    writable = [mount.source for mount in service.mounts if mount.kind == "bind" and not mount.read_only]
    yield from (f"the folder {folder}" for folder in writable if _meets(folder, others.folders))
    wanted = [f"{number}/{port.protocol}" for port in service.ports for number in port.numbers()]
    yield from (f"the port {port} of {others.ports[port]}" for port in wanted if port in others.ports)


def _meets(folder: str, others: frozenset[str]) -> bool:
    """True when one of the others is this folder, in it, or around it."""
    mine = PurePosixPath(folder)
    if any(mine.is_relative_to(harmless) for harmless in _HARMLESS):
        return False
    return any(mine.is_relative_to(other) or PurePosixPath(other).is_relative_to(mine) for other in others)
