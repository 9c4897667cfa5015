"""In place: the older containers are stopped and the new ones started, behind the router where there is a route."""

from collections.abc import Sequence

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.health.container_health import answers, healthy
from pipeline_defs.server.router import handover, router
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.strategies import dependencies


def preflight_steps(task: Task, *, waits: bool = False) -> list[Step]:
    """The router, where there is a route: before anything is changed. One that `waits` does not have its ports yet."""
    if task.site.config.route is None:
        return []
    undo = handover.end_waiting(task.site) if waits else None
    return [Step(StepName.ROUTER, router.ready(task.site, waits=waits), undo=undo, timeout=LONG_SECONDS)]


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


def switch(task: Task, facts: Facts, taken: list[Step]) -> list[Step]:
    """Requests go to the new container, seen from outside; nothing without a route.

    The container has the name of the older one, so most find it before that: the router lets requests wait for some seconds.
    `taken` are the steps by which the router gets its ports, if it waits for them.
    """
    site, route = task.site, task.site.config.route
    if route is None:
        return []
    undo = None if facts.current and not taken else router.forget(site)
    pointed = Step(StepName.ROUTE, router.point(site, route), undo=undo)
    return [pointed, Step(StepName.OUTSIDE, router.probe(route)), *taken]


def bring_back(task: Task, facts: Facts, change: ServiceChanges) -> list[Step]:
    """The release that `current` names is started where it does not run, and reached by people."""
    assert facts.current is not None and facts.folder is not None
    return shared_steps.in_order(
        preflight_steps(task),
        begin(task, facts, facts.folder, change, migrate=False),
        switch(task, facts, []),
    )


def _healthy(site: Site, services: Sequence[str]) -> list[Step]:
    route, timeout = site.config.route, site.config.health.timeout
    if route is None:
        return [Step(StepName.HEALTHY, healthy(site, *services), timeout=timeout * len(services) + 60)]
    also = [name for name in services if name != site.config.service]
    others = [Step(StepName.ALSO_HEALTHY, healthy(site, *also), timeout=timeout * len(also) + 60)] if also else []
    return [Step(StepName.HEALTHY, answers(site, route), timeout=timeout + 60), *others]
