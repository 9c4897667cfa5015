"""External rules: what a compose file expects of the server is there: external volumes and networks, and container
names nobody else has.
"""

import re
from collections.abc import Iterator

from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose.surroundings import Surroundings
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.site import Site

_ID = re.compile("[0-9a-f]{12,64}")
_EVERYWHERE = ("bridge", "host", "none")


def outside(model: ComposeModel, around: Surroundings, site: Site, found: Findings) -> None:
    """External volumes and networks exist; a container's fixed name is not another project's."""
    running = active(model, site)
    found.refuse(
        _missing(
            model,
            around,
            {key for each in running for key in each.networks},
            {m.source for s in running for m in s.mounts},
        )
    )
    for service in running:
        found.refuse(_missing_containers(service, around))
        name = service.container_name
        owner = around.containers.get(name, site.project) if name else site.project
        if owner != site.project:
            whose = f"of {owner}" if owner else "of no compose project"
            found.refuse(
                f"the service {service.name} has container_name: {name}, and a container {whose} has that name on the server; "
                "remove container_name"
            )


def _missing_containers(service: Service, around: Surroundings) -> Iterator[str]:
    """Containers of somebody else that a service cannot start without. One that is named by its id is not looked for."""
    modes = ((key, str(service.keys.get(key) or "")) for key in ("network_mode", "pid", "ipc"))
    volumes = (("volumes_from", str(each)) for each in service.keys.get("volumes_from") or [])
    links = (("external_links", f"container:{each}") for each in service.keys.get("external_links") or [])
    for key, value in (*modes, *volumes, *links):
        kind, _, rest = value.partition(":")
        name = rest.partition(":")[0]
        if kind == "container" and name not in around.containers and not _ID.fullmatch(name):
            yield (
                f"the service {service.name} has {key} of the container {name}, which is not on the server; start that first, or "
                "remove the line"
            )


def _missing(model: ComposeModel, around: Surroundings, networks: set[str], volumes: set[str]) -> Iterator[str]:
    for volume in model.volumes.values():
        if volume.external and volume.key in volumes and volume.name not in around.volumes:
            yield (
                f"the external volume {volume.name} is not on the server; make it there with docker volume create {volume.name}, "
                "or remove external"
            )
    for network in model.networks.values():
        there = network.name in around.networks or network.name in _EVERYWHERE
        if network.external and network.key in networks and not there:
            yield (
                f"the external network {network.name} is not on the server; make it there with docker network create {network.name}, "
                "or remove external"
            )
