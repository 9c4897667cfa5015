"""Strategy: how a release takes over. With a route a new container runs beside the old one; without, what differs is replaced."""

from pipeline_defs.server import blue_green, router, steps
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.step import Step
from pipeline_defs.server.task import Task


def look(task: Task, facts: Facts) -> list[Step]:
    """What is found out before anything is changed."""
    route = task.site.config.route
    return blue_green.look(task, facts, route) if route else []


def begin(task: Task, facts: Facts, folder: str, *, migrate: bool = True) -> list[Step]:
    """The release in `folder` runs and is healthy; with a route nobody sees it yet."""
    site, route = task.site, task.site.config.route
    if route is not None:
        return blue_green.begin(task, facts, route, folder, migrate=migrate)
    return steps.in_order(
        steps.start(site, facts, folder),
        steps.migrate(site, facts, folder) if migrate else [],
        steps.wait_healthy(site),
    )


def finish(task: Task, facts: Facts, folder: str) -> list[Step]:
    """The release in `folder` is what the environment runs: the point of no return."""
    route = task.site.config.route
    return blue_green.finish(task, facts, route, folder) if route else [steps.switch(task.site, folder)]


def bring_back(task: Task, facts: Facts) -> list[Step]:
    """What serves is the release that `current` names, verified; done twice it changes nothing the second time."""
    site, route = task.site, task.site.config.route
    assert facts.current is not None and facts.folder is not None
    if route is not None:
        return blue_green.bring_back(task, facts, route)
    return steps.in_order(
        steps.start(site, facts, facts.folder),
        steps.wait_healthy(site),
        steps.ask_revision(site, facts, facts.folder),
        steps.verify(site, task, facts.current, facts.folder),
    )


def remove(task: Task) -> list[Step]:
    """Nothing of the app serves any more, where nothing ran before."""
    return [Step("route removed", router.forget(task.site))] if task.site.config.route else []
