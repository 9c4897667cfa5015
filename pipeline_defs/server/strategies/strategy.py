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
from pipeline_defs.server.strategies import blue_green, in_place, reachability
from pipeline_defs.server.strategies.release_watch import watch


def preflight_steps(task: Task) -> list[Step]:
    """The router, where there is a route, and who answers on published ports: before anything is changed."""
    return in_order(in_place.preflight_steps(task), reachability.note_reachability(task))


def begin(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, migrate: bool = True) -> list[Step]:
    """The release in `folder` runs and is healthy; where it runs beside the older one nobody sees it yet."""
    route = switched(task.site)
    if route is not None:
        return blue_green.begin(task, facts, route, folder, change, migrate=migrate)
    return in_place.begin(task, facts, folder, change, migrate=migrate)


def finish(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, watched: bool = True) -> list[Step]:
    """The release in `folder` is what people reach, and then what the environment runs: the point of no return.

    Before that it is watched, unless the environment or `watched` says that it is not.
    """
    site, route, release = task.site, switched(task.site), task.release
    assert release is not None
    return in_order(
        blue_green.switch(task, facts, route, folder, change) if route else in_place.switch(task, facts),
        watch(site, release) if watched else [],
        reachability.check_reachability(task),
        switch(task, folder),
        blue_green.drain(site, route) if route else [],
    )


def bring_back(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """What serves is the release that `current` names; done twice it changes nothing the second time."""
    route = switched(task.site)
    return blue_green.bring_back(task, facts, route, change) if route else in_place.bring_back(task, facts, change)


def remove(task: Task) -> list[Step]:
    """Nothing of the app serves any more, where nothing ran before."""
    return [Step(StepName.ROUTE_REMOVED, router.forget(task.site))] if task.site.config.route else []


def switched(site: Site) -> Route | None:
    """The route, where the router switches between two containers."""
    return site.config.route if site.config.strategy == "blue_green" else None
