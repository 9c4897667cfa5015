"""Outside: what a compose file expects of the server is there: external volumes and networks, and container names nobody else has."""

from collections.abc import Iterator

from pipeline_defs.server.compose_look import ComposeLook
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.services import active
from pipeline_defs.server.site import Site

_EVERYWHERE = ("bridge", "host", "none")


def outside(look: ComposeLook, site: Site, found: Findings) -> None:
    """External volumes and networks exist; a container's fixed name is not another project's."""
    assert look.model is not None
    running = active(look.model, site)
    found.refuse(
        _missing(
            look, {key for each in running for key in each.networks}, {m.source for s in running for m in s.mounts}
        )
    )
    for service in running:
        name = service.container_name
        owner = look.around.containers.get(name, site.project) if name else site.project
        if owner != site.project:
            whose = f"of {owner}" if owner else "of no compose project"
            found.refuse(
                f"the service {service.name} has container_name: {name}, and a container {whose} has that name on the server; "
                "remove container_name"
            )


def _missing(look: ComposeLook, networks: set[str], volumes: set[str]) -> Iterator[str]:
    assert look.model is not None
    for volume in look.model.volumes.values():
        if volume.external and volume.key in volumes and volume.name not in look.around.volumes:
            yield (
                f"the external volume {volume.name} is not on the server; make it there with docker volume create {volume.name}, "
                "or remove external"
            )
    for network in look.model.networks.values():
        there = network.name in look.around.networks or network.name in _EVERYWHERE
        if network.external and network.key in networks and not there:
            yield (
                f"the external network {network.name} is not on the server; make it there with docker network create {network.name}, "
                "or remove external"
            )
