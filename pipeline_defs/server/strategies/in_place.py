"""In place: the older containers are stopped and the new ones started, behind the router where there is a route."""

from collections.abc import Sequence

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.health.container_health import answers, healthy
from pipeline_defs.server.router import router
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.strategies import dependencies


def preflight_steps(task: Task) -> list[Step]:
    """The router, where there is a route: before anything is changed."""
    return [Step(StepName.ROUTER, router.ready(task.site), timeout=LONG_SECONDS)] if task.site.config.route else []


def begin(task: Task, facts: Facts, folder: str, change: ServiceChanges, *, migrate: bool = True) -> list[Step]:
    """The release runs in the place of the older one, migrated and healthy."""
    site = task.site
    return shared_steps.in_order(
        dependencies.replace_first(site, facts, folder, change, migrate=migrate),
        dependencies.remove_dropped(site, facts, folder, change),
        shared_steps.start_only(site, facts, folder, change.app),
        _healthy(site, change.app),
        dependencies.replace_last(site, facts, folder, change),
    )


def switch(task: Task, facts: Facts) -> list[Step]:
    """Requests go to the new container, seen from outside; nothing without a route.

    The container has the name of the older one, so most find it before that: the router lets requests wait for some seconds.
    """
    site, route = task.site, task.site.config.route
    if route is None:
        return []
    undo = None if facts.current else router.forget(site)
    return [Step(StepName.ROUTE, router.point(site, route), undo=undo), Step(StepName.OUTSIDE, router.probe(route))]


def bring_back(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """The release that `current` names is started where it does not run, and reached by people."""
    assert facts.current is not None and facts.folder is not None
    return shared_steps.in_order(
        preflight_steps(task),
        begin(task, facts, facts.folder, change, migrate=False),
        switch(task, facts),
    )


def _healthy(site: Site, services: Sequence[str]) -> list[Step]:
    route, timeout = site.config.route, site.config.health.timeout
    if route is None:
        return [Step(StepName.HEALTHY, healthy(site, *services), timeout=timeout * len(services) + 60)]
    also = [name for name in services if name != site.config.service]
    others = [Step(StepName.ALSO_HEALTHY, healthy(site, *also), timeout=timeout * len(also) + 60)] if also else []
    return [Step(StepName.HEALTHY, answers(site, route), timeout=timeout + 60), *others]
