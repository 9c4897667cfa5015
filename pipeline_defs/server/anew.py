"""Anew: a site's database without data, which takes connections."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline_defs.server.command import Command
from pipeline_defs.server.compose import compose
from pipeline_defs.server.database import Driver
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.site import Site
from pipeline_defs.server.step import LONG_SECONDS, Step
from pipeline_defs.server.steps import wait_for_database


def anew(site: Site, facts: Facts, folder: str, database: Driver) -> list[Step]:
    """Remove all data, and have an empty database as the compose file of the release in `folder` describes it."""
    removed = Step("volume removed", database.empty(), timeout=LONG_SECONDS)
    if not database.in_container:
        ready = database.ready()
        return [removed, *([Step("wait", ready)] if ready else [])]
    service = database.config.service
    create = compose(site, facts.compose, folder, "up", "--no-start", "--no-build", service)
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", service)
    return [
        removed,
        Step("volume created", create, timeout=LONG_SECONDS),
        Step("database up", up, timeout=LONG_SECONDS),
        *wait_for_database(site),
    ]


def with_undo(steps: list[Step], undo: Mapping[str, Command]) -> list[Step]:
    """The steps, of which those that `undo` names can be taken back."""
    return [replace(step, undo=undo.get(step.name, step.undo)) for step in steps]
