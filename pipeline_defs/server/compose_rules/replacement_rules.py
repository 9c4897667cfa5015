"""Replacement rules: what keeps a service from being replaced as the environment wants it, or from running beside another environment."""

from collections.abc import Iterator

from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.site import Site


def replacing(model: ComposeModel, site: Site, found: Findings) -> None:
    """With a route two containers of the main service run beside each other; in a rehearsal everything runs beside production."""
    main = model.services.get(site.config.service)
    if main is None:
        return
    if site.config.route and site.config.strategy == "blue_green":
        found.refuse(_beside(main))
        found.refuse(_hooks(main))
    elif site.config.route and main.network_mode not in ("", "bridge", "default"):
        found.refuse(_unreachable(main))
    for service in active(model, site):
        if service.network_mode == "host":
            _on_the_host(service, site, found)
        if service.replicas > 1 and any(len(port.numbers()) == 1 for port in service.ports):
            port = next(port for port in service.ports if len(port.numbers()) == 1)
            found.refuse(
                f"the service {service.name} has {service.replicas} replicas and publishes the port {port.published}, which only one "
                "of them can have; remove the replicas, or the port"
            )


def _beside(main: Service) -> Iterator[str]:
    """Why a second container of the service cannot run beside the first."""
    name = main.name
    because = "with a route the new container runs beside the old one"
    if main.container_name:
        yield f"the service {name} has container_name: {main.container_name}, and {because}; remove container_name"
    for port in main.ports:
        if port.published:
            yield f"the service {name} publishes the port {port.published}, and {because}; remove it, the router publishes its own"
    if main.network_mode not in ("", "bridge", "default"):
        yield _unreachable(main)
    if main.replicas > 1:
        yield (
            f"the service {name} has {main.replicas} replicas, and the router passes requests on to one container; remove scale and "
            "deploy.replicas, or start more processes in the container"
        )
    if main.hostname:
        yield f"the service {name} has hostname: {main.hostname}, and {because}; remove hostname"
    for key, attachment in main.networks.items():
        if address := attachment.ipv4_address or attachment.ipv6_address:
            yield f"the service {name} has the fixed address {address} in the network {key}, and {because}; remove the address"
    if mac := main.keys.get("mac_address"):
        yield f"the service {name} has mac_address: {mac}, and {because}; remove mac_address"


def _hooks(main: Service) -> Iterator[str]:
    """Why a program that Compose would run in a container before it stops it is not run."""
    if main.keys.get("pre_stop"):
        yield (
            f"the service {main.name} has pre_stop, which is not run where the router switches: the older container is told to end once "
            "its requests are done; remove pre_stop, and let the program do that when it gets its stop signal"
        )


def _unreachable(main: Service) -> str:
    return f"the service {main.name} has network_mode: {main.network_mode}, where the router does not reach it; remove network_mode"


def _on_the_host(service: Service, site: Site, found: Findings) -> None:
    if site.config.rehearses:
        found.refuse(
            f"the service {service.name} has network_mode: host, so it would share the ports and loopback of {site.config.rehearses}; "
            f"remove network_mode in {site.config.compose} and publish its port"
        )
    elif service.name != site.config.service or not site.config.route:
        found.note(
            f"the service {service.name} uses the host's network: its ports are the host's, and are not looked at before"
        )
