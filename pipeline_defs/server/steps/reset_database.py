"""Reset database: a site's database without data, which takes connections."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.compose.compose_commands import compose
from pipeline_defs.server.core.command import Command
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.database import Driver
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps.shared_steps import wait_for_database


def reset_database(site: Site, facts: Facts, folder: str, database: Driver) -> list[Step]:
    """Remove all data, and have an empty database as the compose file of the release in `folder` describes it."""
    removed = Step(StepName.VOLUME_REMOVED, database.empty(), timeout=LONG_SECONDS)
    if not database.in_container:
        ready = database.ready()
        return [removed, *([Step(StepName.WAIT, ready)] if ready else [])]
    service = database.config.service
    create = compose(site, facts.compose, folder, "up", "--no-start", "--no-build", service)
    up = compose(site, facts.compose, folder, "up", "-d", "--no-build", service)
    return [
        removed,
        Step(StepName.VOLUME_CREATED, create, timeout=LONG_SECONDS),
        Step(StepName.DATABASE_UP, up, timeout=LONG_SECONDS),
        *wait_for_database(site),
    ]


def with_undo(steps: list[Step], undo: Mapping[StepName, Command]) -> list[Step]:
    """The steps, of which those that `undo` names can be taken back."""
    return [
        replace(step, undo=undo[step.name]) if isinstance(step.name, StepName) and step.name in undo else step
        for step in steps
    ]
