"""Parallel: what in a compose file keeps two containers of a service from running beside each other."""

from collections.abc import Iterator

from pipeline_defs.server.compose_model import Service
from pipeline_defs.server.compose_reader import read_model


def impossible(merged: str, service: str) -> list[str]:
    """The reasons, each as a phrase that says what to do; `merged` is what `docker compose config` printed."""
    services = read_model(merged).services
    if service not in services:
        return [f"it has no service {service}"]
    return list(_reasons(services[service]))


def _reasons(service: Service) -> Iterator[str]:
    name = service.name
    if service.container_name:
        yield f"the service {name} has the container_name {service.container_name}; remove it"
    for port in service.ports:
        if port.published:
            yield f"the service {name} publishes the port {port.published}; remove it, the router publishes its own"
    if service.network_mode not in ("", "bridge", "default"):
        yield f"the service {name} has the network_mode {service.network_mode}, where the router does not reach it; remove it"
