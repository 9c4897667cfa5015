"""Report: GitHub shows how it went. Nothing waits for it: what GitHub could not be told is told later."""

import time

import dagster as dg

from pipeline_defs.config import App, Home
from pipeline_defs.reports.memory import Memory
from pipeline_defs.reports.reading import RunReader
from pipeline_defs.reports.reporter import Reporter
from pipeline_defs.reports.shipped import Shipped
from pipeline_defs.reports.writer import Writer
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.sensors.branches import SECONDS


def report_sensor(app: App) -> dg.SensorDefinition:
    """The sensor `<app>_report`. It compares the storage with what GitHub was told, and starts no job.

    The stages know nothing of it, so that GitHub out of reach fails no deployment and slows none down. Its cursor is the
    memory of what was told; without one it begins with what changes from now on.
    """
    ranges: dict[str, Shipped] = {}

    @dg.sensor(
        name=f"{app.name}_report",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Tells GitHub ({app.full_name}) how the runs of {app.name} go: statuses, deployments, a comment on the pull "
            "request, releases, and word to issues. Switch it off and GitHub hears nothing; what happens meanwhile is told "
            "once it is on again. Single kinds are switched off in the app's file: github.report."
        ),
    )
    def report(context: dg.SensorEvaluationContext, github: GitHubResource) -> dg.SensorResult:
        memory = Memory.read(context.cursor, time.time())
        reader = RunReader(context.instance, app)
        writer = Writer(app.name, memory, lambda: github.open(app), time.time)
        said = Reporter(app, reader, Home.find().page, ranges, time.time).look(memory, writer)
        return dg.SensorResult(skip_reason=said, cursor=memory.model_dump_json(exclude_defaults=True))

    return report
