"""Service changes: what it takes to bring a site to a release: which services are replaced, in which order. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pipeline_defs.server.compose.compose_model import Service
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import Snapshot
from pipeline_defs.server.state.described_services import DescribedServices

HEALTHY = "service_healthy"


@dataclass(frozen=True)
class ServiceTurn:
    """Services that are brought up together; or one that ends by design and is run to its end.

    `anew` are those that are made anew although their own configuration is as it was.
    """

    services: tuple[str, ...]
    ends: bool = False
    anew: bool = False


@dataclass(frozen=True)
class ServiceChanges:
    """What bringing a site to a release takes.

    Attributes:
        before: the turns of what comes before the app's own services: what they need, and what has nothing to do with them.
        app: the services of the app's image that stay.
        after: the turns of what depends on the app's services, such as a proxy.
        gone: services that have containers and that the release does not have here.
        same: the services of the app's image that stay and run already as they are described.
        ports: the TCP ports of the host that the release publishes, each with its service.
    """

    before: tuple[ServiceTurn, ...] = ()
    app: tuple[str, ...] = ()
    after: tuple[ServiceTurn, ...] = ()
    gone: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    ports: tuple[tuple[str, int], ...] = ()

    @property
    def migrates(self) -> tuple[str, ...]:
        """The services that run to their end before the app's own services start."""
        return tuple(name for turn in self.before if turn.ends for name in turn.services)


def service_changes(
    site: Site, described: DescribedServices, seen: Snapshot, *, once_more: bool = True, ran: Snapshot | None = None
) -> ServiceChanges:
    """What has to be done so that `seen` becomes what is described.

    What runs as it is described is left alone. Services of the app's image that end by design run once more with each deployment
    (`once_more`); otherwise where they have not ended well as they are described.

    Args:
        ran: what ran before a failed attempt, where that is brought back: a service beside the app that had been stopped stays so.

    Raises:
        ValueError: services depend on each other in a circle.
    """
    here = {name: each for name, each in described.services.items() if name not in site.elsewhere and each.replicas > 0}
    own = [name for name in site.services if name in here and not described.ends(name)]
    due = _due(site, described, seen, here, once_more=once_more)
    if ran is not None:
        due = {name: anew for name, anew in due.items() if name in own or described.ends(name) or _ran(ran, name)}
    order = [name for name in _order(described, here, site) if name not in own]
    later = _dependents(described, here, own) - _needed(described, site.config.service)
    return ServiceChanges(
        before=_turns(described, [name for name in order if name in due and name not in later], due),
        app=tuple(own),
        after=_turns(described, [name for name in order if name in due and name in later], due),
        gone=tuple(sorted({each.service for each in seen.containers} - set(here))),
        same=tuple(name for name in own if name not in due),
        ports=tuple(
            (name, number)
            for name, each in here.items()
            for port in each.ports
            for number in port.numbers()
            if port.protocol == "tcp"
        ),
    )


def _due(
    site: Site, described: DescribedServices, seen: Snapshot, here: Iterable[str], *, once_more: bool
) -> dict[str, bool]:
    """The services that are replaced or started, and whether that is for the sake of another one alone."""
    due = {}
    for name in here:
        wanted = described.hashes.get(name, "")
        ended = described.ends(name) and seen.done(name, wanted) and not (once_more and name in site.services)
        if not ended and not seen.runs(name, wanted):
            due[name] = False
    while more := {name for name in here if name not in due and _follows(described, name) & set(due)}:
        due |= dict.fromkeys(more, True)
    return due


def _follows(described: DescribedServices, name: str) -> set[str]:
    """The services with which a service is made anew. One that ends by design has nothing to restart."""
    return described.shared_by(name) | (set() if described.ends(name) else described.restarted_by(name))


def _ran(snapshot: Snapshot, service: str) -> bool:
    """Whether a service had a container that was up."""
    return any(each.up for each in snapshot.of(service))


def _order(described: DescribedServices, here: Iterable[str], site: Site) -> list[str]:
    """Each service after those it needs; among those that could come next, the app's own last."""
    kept = set(here)
    sorter = TopologicalSorter({name: sorted(described.needs(name) & kept) for name in sorted(kept)})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"services depend on each other in a circle: {', '.join(error.args[1])}") from None
    found: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=lambda name: (described.ends(name), name in site.services, name))
        found.append(ready[0])
        sorter.done(ready.pop(0))
    return found


def _dependents(described: DescribedServices, here: Iterable[str], own: Iterable[str]) -> set[str]:
    """All that directly or indirectly needs one of the app's services."""
    found = set(own)
    while more := {name for name in here if name not in found and described.needs(name) & found}:
        found |= more
    return found


def _needed(described: DescribedServices, main: str) -> set[str]:
    """All that the main service directly or indirectly needs: it comes before, also where it needs another one of the app's."""
    found: set[str] = set()
    ahead = {main} & set(described.services)
    while ahead:
        ahead = {each for name in ahead for each in described.needs(name)} - found
        found |= ahead
    return found


def _turns(described: DescribedServices, names: list[str], due: dict[str, bool]) -> tuple[ServiceTurn, ...]:
    """Services that follow each other are brought up together, unless one waits for another to be healthy or to end."""
    turns: list[ServiceTurn] = []
    for name in names:
        ends, anew = described.ends(name), due[name]
        last = turns[-1] if turns else None
        together = last is not None and not ends and not last.ends and last.anew == anew
        if together and last is not None and not _waits(described.services[name], last.services):
            turns[-1] = ServiceTurn((*last.services, name), anew=anew)
        else:
            turns.append(ServiceTurn((name,), ends=ends, anew=anew))
    return tuple(turns)


def _waits(service: Service, for_any: Iterable[str]) -> bool:
    return any(service.depends_on.get(name) == HEALTHY for name in for_any)
