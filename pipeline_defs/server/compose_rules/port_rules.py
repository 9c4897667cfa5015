"""Port rules: those that a compose file publishes, and those of the router, are free on the server."""

from collections.abc import Iterator

from pipeline_defs.server.compose.compose_model import ComposeModel, Port, Service
from pipeline_defs.server.compose.surroundings import Holder, Surroundings
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.router import NAME


def ports(model: ComposeModel, around: Surroundings, site: Site, found: Findings, *, known: bool) -> None:
    """No port is held by another container or program. With `known` it may move from one service to another, as it did before."""
    published = [
        (service, port, number)
        for service in active(model, site)
        for port in service.ports
        for number in port.numbers()
    ]
    for service, port, number in published:
        found.refuse(_held(model, around, site, service, port, number, known=known))
    if site.config.route and not (known and published):
        router = site.config.host.router
        for key, number in (("http", router.http), ("https", router.https)):
            found.refuse(_held_from_router(model, around, site, key, number))
            found.refuse(_both_publish(site, published, key, number))
    if known and not published and site.config.route is None:
        found.refuse(_unreached(around, site))


def _held(
    model: ComposeModel, around: Surroundings, site: Site, service: Service, port: Port, number: int, *, known: bool
) -> Iterator[str]:
    """Why a service cannot publish a port; nothing where any port of a range may be free."""
    if len(port.numbers()) > 1:
        return
    what = f"the service {service.name} publishes the port {number}"
    instead = "publish another one"
    for holder in around.holders(port, number):
        if holder.container == NAME:
            yield from _held_by_router(around, site, what, known=known)
        elif holder.project != site.project:
            yield f"{what}, which the container {_whose(holder)} has; {instead}"
        elif not known and holder.service not in ("", service.name) and not _keeps(model, holder.service, number):
            yield (
                f"{what}, which the running service {holder.service} has; let a release go before in which neither of them publishes it"
            )
    if around.taken(port, number):
        yield f"{what}, on which another program of the server listens; stop that program, or {instead}"


def _held_by_router(around: Surroundings, site: Site, what: str, *, known: bool) -> Iterator[str]:
    """Why the router cannot leave its port to a service: it does where the app had the route, and nothing else needs the router."""
    what, instead = f"{what}, on which the router of this server listens", "publish another one, or use a route instead"
    others = sorted(around.routed - {site.project})
    if others and (known or not site.config.route):
        yield f"{what}, and {', '.join(others)} is reached through it; {instead}"
    elif site.project not in around.routed or (site.config.route and not known):
        yield f"{what}; {instead}"


def _keeps(model: ComposeModel, service: str, number: int) -> bool:
    """Whether a service still publishes a port; Compose says then that two of them do."""
    other = model.services.get(service)
    return other is not None and any(number in port.numbers() for port in other.ports)


def _held_from_router(model: ComposeModel, around: Surroundings, site: Site, key: str, number: int) -> Iterator[str]:
    """Why the router cannot listen on a port. It gets the one that the app's own containers have, if these end with the older release."""
    port = Port("", str(number))
    what, other = f"the router is to listen on the port {number}", f"give the router another one: hosts.router.{key}"
    stay = {each.name for each in active(model, site)} - {site.config.service}
    for holder in around.holders(port, number):
        if holder.container == NAME:
            continue
        if holder.project != site.project:
            yield f"{what}, which the container {_whose(holder)} has; stop that, or {other}"
        elif holder.service in stay:
            yield (
                f"{what}, which the running service {holder.service} publishes, and this release has that service, too; remove "
                f"it, since the router takes its place, or {other}"
            )
    if around.taken(port, number):
        yield f"{what}, on which another program of the server listens; stop that, or {other}"


def _both_publish(site: Site, published: list[tuple[Service, Port, int]], key: str, number: int) -> Iterator[str]:
    for service, port, each in published:
        main = service.name == site.config.service and site.config.strategy == "blue_green"  # refused for that already
        if each == number and port.protocol == "tcp" and not main:
            yield (
                f"the service {service.name} publishes the port {number}, on which the router is to listen; remove it there, or give "
                f"the router another one: hosts.router.{key}"
            )


def _unreached(around: Surroundings, site: Site) -> Iterator[str]:
    """Why nobody would reach a release of the time of a route, which is gone from the environment since."""
    now = sorted(
        port for port, holders in around.ports.items() if any(each.project == site.project for each in holders)
    )
    if now:
        yield (
            f"this release publishes no port, the environment has no route, and people reach what runs now at {', '.join(now)}; to go "
            "back to it put the key route back into the app's file, or deploy it again"
        )


def _whose(holder: Holder) -> str:
    return f"{holder.container} of {holder.project}" if holder.project else holder.container
