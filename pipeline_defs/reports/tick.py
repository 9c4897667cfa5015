"""Tick: one look of the sensor `<app>_report`."""

import time
from collections.abc import MutableMapping

import dagster as dg

from pipeline_defs.config import App, Home
from pipeline_defs.reports.memory import Memory
from pipeline_defs.reports.reading import RunReader
from pipeline_defs.reports.reporter import Reporter
from pipeline_defs.reports.shipped import Shipped
from pipeline_defs.reports.writer import Writer
from pipeline_defs.resources.github_resource import GitHubResource


def tick(
    context: dg.SensorEvaluationContext, app: App, github: GitHubResource, ranges: MutableMapping[str, Shipped]
) -> dg.SensorResult:
    """Tell GitHub what is new. `ranges` is what deployments brought, kept between two looks."""
    memory = Memory.read(context.cursor, time.time())
    reader = RunReader(context.instance, app)
    writer = Writer(app.name, memory, lambda: github.open(app), time.time)
    said = Reporter(app, reader, Home.find().page, ranges, time.time).look(memory, writer)
    return dg.SensorResult(skip_reason=said, cursor=memory.model_dump_json(exclude_defaults=True))
