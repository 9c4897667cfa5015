"""Strategy: how a release takes over: beside the one that runs, then switched; or in its place."""

from pipeline_defs.config.route import Route
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.router import router
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps.shared_steps import in_order, switch
from pipeline_defs.server.strategies import blue_green, in_place, port_handover, reachability
from pipeline_defs.server.strategies.release_watch import watch


def preflight_steps(task: Task, facts: Facts) -> list[Step]:
    """The router, where there is a route, and who answers on published ports: before anything is changed."""
    waits = port_handover.takes_ports(task.site, facts)
    return in_order(in_place.preflight_steps(task, waits=waits), reachability.note_reachability(task))


def begin(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, migrate: bool = True) -> list[Step]:
    """The release in `folder` runs and is healthy; where it runs beside the older one nobody sees it yet."""
    route = switched(task.site)
    if route is not None:
        return blue_green.begin(task, facts, route, folder, change, migrate=migrate)
    if port_handover.gives_ports(task.site, facts):
        return port_handover.begin(task, facts, folder, change, migrate=migrate)
    return in_place.begin(task, facts, folder, change, migrate=migrate)


def finish(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, watched: bool = True) -> list[Step]:
    """The release in `folder` is what people reach, and then what the environment runs: the point of no return.

    Before that it is watched, unless the environment or `watched` says that it is not.
    """
    site, release = task.site, task.release
    assert release is not None
    return in_order(
        _switched(task, facts, folder, change),
        watch(site, release) if watched else [],
        reachability.check_reachability(task),
        switch(task, folder),
        _ended(task, facts, change),
    )


def _switched(task: Task, facts: Facts, folder: str, change: ServiceChanges) -> list[Step]:
    """Requests go to the release in `folder`."""
    site, route = task.site, task.site.config.route
    taken = port_handover.take(task, route) if route and port_handover.takes_ports(site, facts) else []
    if route is None or site.config.strategy != "blue_green":
        return in_place.switch(task, facts, taken)
    return in_order(blue_green.switch(task, facts, route, taken), blue_green.rest(site, facts, folder, change))


def _ended(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """What the release that ran before has left ends."""
    route = switched(task.site)
    if route is not None:
        return blue_green.drain(task.site, route)
    gone = task.site.config.route is None and facts.routed
    return port_handover.end(task, change) if gone else []


def bring_back(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """What serves is the release that `current` names; done twice it changes nothing the second time."""
    site, route = task.site, switched(task.site)
    if port_handover.serves_by_ports(site, change) or (site.config.route is None and facts.routed and change.ports):
        return port_handover.bring_back_ports(task, facts, change)
    if site.config.route is None and facts.routed:
        return port_handover.bring_back_route(task, facts, change)
    back = blue_green.bring_back(task, facts, route, change) if route else in_place.bring_back(task, facts, change)
    if not port_handover.takes_ports(site, facts):
        return back
    # A release that went back to ports was being started, and has those of the router.
    return [Step(StepName.PORT_FREED, blue_green.leave_live(site, facts)), *back]


def remove(task: Task) -> list[Step]:
    """Nothing of the app serves any more, where nothing ran before."""
    return [Step(StepName.ROUTE_REMOVED, router.forget(task.site))] if task.site.config.route else []


def switched(site: Site) -> Route | None:
    """The route, where the router switches between two containers."""
    return site.config.route if site.config.strategy == "blue_green" else None
