"""Port handover: from ports that the app publishes itself to a route, and back.

The new containers are healthy, and asked through the router, before a port changes hands; only then people are turned away for a moment.
What had the port is kept until the release is final.
"""

from pipeline_defs.config.route import Route
from pipeline_defs.release.step_name import StepName, titled
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.health.container_health import healthy
from pipeline_defs.server.router import handover, router
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.strategies import blue_green, dependencies, in_place


def takes_ports(site: Site, facts: Facts) -> bool:
    """Whether the router is to listen on ports that the app's own containers publish now."""
    return bool(lost_ports(site, facts))


def gives_ports(site: Site, facts: Facts) -> bool:
    """Whether the app is reached through the router alone, and is not to be any more."""
    return site.config.route is None and facts.routed and not facts.published


def serves_by_ports(site: Site, change: ServiceChanges) -> bool:
    """Whether a release is reached by ports that it publishes itself, although its environment has a route now.

    A release that runs beside the older one publishes none; any other one publishes none of the router's.
    """
    if site.config.route is None:
        return False
    beside = site.config.strategy == "blue_green"
    return any(
        number in _router_ports(site) or (beside and name == site.config.service) for name, number in change.ports
    )


def as_served(task: Task, change: ServiceChanges) -> Task:
    """The task as the release that it goes to is reached: one from before the route has none."""
    return task.with_route(None) if serves_by_ports(task.site, change) else task


def take(task: Task, route: Route) -> list[Step]:
    """The router gets its ports, from containers that are kept until the release is final, and is asked once more."""
    site = task.site
    return [
        Step(StepName.HANDOVER, handover.take(site), undo=handover.take_back(site)),
        Step(titled(StepName.OUTSIDE, after="again"), router.probe(route)),
    ]


def begin(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, migrate: bool = True) -> list[Step]:
    """The release runs beside the one that is routed to, on ports of its own."""
    site, ports = task.site, [number for _, number in change.ports]
    first = {name for turn in change.before for name in turn.services} & {name for name, _ in change.ports}
    give = [Step(StepName.HANDOVER, handover.give(site, ports), undo=handover.resume())]
    beside, leave = blue_green.beside(site, facts, folder, change), blue_green.leave_live(site, facts)
    return shared_steps.in_order(
        Step(StepName.LEFTOVERS, leave),
        give if first else [],
        dependencies.replace_first(site, facts, folder, change, migrate=migrate),
        [] if first else give,
        Step(StepName.BESIDE, beside, undo=leave, timeout=LONG_SECONDS, writes=True),
        Step(StepName.HEALTHY, healthy(site, site.config.service), timeout=site.config.health.timeout + 60),
        blue_green.rest(site, facts, folder, change),
    )


def end(task: Task, change: ServiceChanges) -> list[Step]:
    """Once the release is final: the older container and the route end."""
    site = task.site
    ports = [number for _, number in change.ports]
    return [*blue_green.drain(site, Route()), Step(StepName.ROUTE_REMOVED, handover.end(site, ports))]


def bring_back_ports(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """The release that `current` names, which is from before the route, has its ports again."""
    assert facts.current is not None
    task = task.with_route(None)
    ports = [number for _, number in change.ports]
    return [
        Step(StepName.PORT_FREED, handover.free(task.site, ports, facts.current)),
        *in_place.bring_back(task, facts, change),
    ]


def bring_back_route(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """The release that `current` names is reached through the router again, by the route that the router still has."""
    assert facts.current is not None
    reopened = Step(StepName.ROUTER, handover.reopen(task.site, facts.current))
    return [reopened, *in_place.bring_back(task, facts, change)]


def lost_ports(site: Site, facts: Facts) -> list[int]:
    """The ports that go from the app's own containers to the router."""
    return sorted(_router_ports(site) & facts.published) if site.config.route else []


def _router_ports(site: Site) -> frozenset[int]:
    router = site.config.host.router
    return frozenset((router.http, router.https))
