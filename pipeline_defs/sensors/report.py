"""Report: GitHub shows how it went. Nothing waits for it: what GitHub could not be told is told later."""

from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import current_or_loaded
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.sensors.branches import SECONDS

if TYPE_CHECKING:
    from pipeline_defs.reports.shipped import Shipped


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
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.reports.tick import tick

        return tick(context, current_or_loaded(app), github, ranges)

    return report
