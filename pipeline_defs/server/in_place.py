"""In place: the older containers are stopped and the new ones started, behind the router where there is a route."""

from pipeline_defs.server import others, router, steps
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.health import answers, healthy
from pipeline_defs.server.site import Site
from pipeline_defs.server.step import LONG_SECONDS, Step
from pipeline_defs.server.task import Task


def look(task: Task) -> list[Step]:
    """The router, where there is a route: before anything is changed."""
    return [Step("router", router.ready(task.site), timeout=LONG_SECONDS)] if task.site.config.route else []


def begin(task: Task, facts: Facts, folder: str, *, migrate: bool = True) -> list[Step]:
    """The release runs in the place of the older one, migrated and healthy."""
    site = task.site
    migrations = others.migrated(site, facts, folder) if migrate else []
    return steps.in_order(
        [*others.up(site, facts, folder), *migrations] if migrations else [],
        steps.start(site, facts, folder),
        _healthy(site),
    )


def switch(task: Task, facts: Facts) -> list[Step]:
    """Requests go to the new container, seen from outside; nothing without a route.

    The container has the name of the older one, so most find it before that: the router lets requests wait for some seconds.
    """
    site, route = task.site, task.site.config.route
    if route is None:
        return []
    undo = None if facts.current else router.forget(site)
    return [Step("route", router.point(site, route), undo=undo, changes=True), Step("outside", router.look(route))]


def bring_back(task: Task, facts: Facts) -> list[Step]:
    """The release that `current` names is started where it does not run, and reached by people."""
    site = task.site
    assert facts.current is not None and facts.folder is not None
    return steps.in_order(
        look(task),
        steps.start(site, facts, facts.folder),
        _healthy(site),
        switch(task, facts),
    )


def _healthy(site: Site) -> list[Step]:
    route, also, timeout = site.config.route, site.config.also, site.config.health.timeout
    if route is None:
        return [steps.wait_healthy(site)]
    others = [Step("also healthy", healthy(site, *also), timeout=timeout * len(also) + 60)] if also else []
    return [Step("healthy", answers(site, route), timeout=timeout + 60), *others]
