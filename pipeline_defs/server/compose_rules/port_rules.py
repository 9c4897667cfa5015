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
    for service in active(model, site):
        for port in service.ports:
            for number in port.numbers():
                found.refuse(_held(model, around, site, service, port, number, known=known))
    if site.config.route:
        router = site.config.host.router
        for key, number in (("http", router.http), ("https", router.https)):
            found.refuse(_held_from_router(around, site, key, number))


def _held(
    model: ComposeModel, around: Surroundings, site: Site, service: Service, port: Port, number: int, *, known: bool
) -> Iterator[str]:
    """Why a service cannot publish a port; nothing where any port of a range may be free."""
    if len(port.numbers()) > 1:
        return
    what = f"the service {service.name} publishes the port {number}"
    instead = "publish another one"
    for holder in around.holders(port, number):
        if holder.container == NAME and known:
            yield (
                f"{what}, on which the router of this server listens since the route came; to go back to before that: take the "
                f"key route out of the app's file, remove the container {NAME} on the server, where no other app may need it, and go back "
                "again; the app is away from then until that is done"
            )
        elif holder.container == NAME:
            yield f"{what}, on which the router of this server listens; {instead}, or use a route instead"
        elif holder.project != site.project:
            yield f"{what}, which the container {_whose(holder)} has; {instead}"
        elif not known and holder.service not in ("", service.name) and not _keeps(model, holder.service, number):
            yield (
                f"{what}, which the running service {holder.service} has; let a release go before in which neither of them publishes it"
            )
    if around.taken(port, number):
        yield f"{what}, on which another program of the server listens; stop that program, or {instead}"


def _keeps(model: ComposeModel, service: str, number: int) -> bool:
    """Whether a service still publishes a port; Compose says then that two of them do."""
    other = model.services.get(service)
    return other is not None and any(number in port.numbers() for port in other.ports)


def _held_from_router(around: Surroundings, site: Site, key: str, number: int) -> Iterator[str]:
    port = Port("", str(number))
    other = f"give the router another one: hosts.router.{key}"
    for holder in around.holders(port, number):
        if holder.container == NAME:
            continue
        if holder.project == site.project:
            yield (
                f"the router is to listen on the port {number}, which {holder.container} of the running release publishes; "
                f"{other}, or let a release go before, without the route, that publishes another port (the app is away from {number} "
                "until the route is there)"
            )
        else:
            yield f"the router is to listen on the port {number}, which the container {_whose(holder)} has; stop that, or {other}"
    if around.taken(port, number):
        yield f"the router is to listen on the port {number}, on which another program of the server listens; stop that, or {other}"


def _whose(holder: Holder) -> str:
    return f"{holder.container} of {holder.project}" if holder.project else holder.container
