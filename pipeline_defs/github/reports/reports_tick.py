"""Reports tick: one look of the sensor `report` at one app."""

import time
from collections.abc import MutableMapping

from dagster import DagsterInstance

from pipeline_defs.config import App, Home
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.reports.report_memory import Memory
from pipeline_defs.github.reports.report_writer import Writer
from pipeline_defs.github.reports.reporter import Reporter
from pipeline_defs.github.reports.shipped_changes import Shipped
from pipeline_defs.lineage.runs.run_reader import RunReader


def tell(
    instance: DagsterInstance,
    app: App,
    github: GitHubResource,
    entry: str | None,
    ranges: MutableMapping[str, Shipped],
) -> tuple[str, str]:
    """Tell GitHub what is new; gives a sentence about it, and the new entry.

    `ranges` is what deployments brought, kept between two looks.
    """
    memory = Memory.read(entry, time.time())
    reader = RunReader(instance, app)
    writer = Writer(app.name, memory, lambda: github.open(app), time.time)
    said = Reporter(app, reader, Home.find().page, ranges, time.time).report(memory, writer)
    return said, memory.model_dump_json(exclude_defaults=True)


def has_work(entry: str) -> bool:
    """Whether something is still to be told, or looked at again."""
    now = time.time()
    memory = Memory.read(entry, now)
    return any(not each.rests(now) for each in memory.runs.values()) or any(
        each.later for each in memory.waiting.values()
    )
