"""GitHub: what happens to an app's repository starts its jobs. Polling is the truth; a webhook only makes it faster."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import NotLoaded, current
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.release.request import Job
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.sensors.branches import SECONDS


def sensor_name(app: App) -> str:
    """The sensor of an app on GitHub; to switch it off is to switch off all that starts by itself, deliveries included."""
    return f"{app.name}_github"


def github_sensor(app: App, jobs: Mapping[str, AssetJob]) -> dg.SensorDefinition:
    """The sensor `<app>_github`. It claims runs itself (launch.py) instead of asking Dagster for them, as the receiver does.

    Its cursor is a Handled, and goes on only past what was claimed: whatever fails in between is found again.
    """
    started = [job_name(app, Job.INTEGRATE), *(job_name(app, Job.DEPLOY, environment) for environment in app.deployed)]

    @dg.sensor(
        name=sensor_name(app),
        jobs=[jobs[name] for name in started],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Looks at {app.full_name} on GitHub. A move of {app.branches.development}: {job_name(app, Job.INTEGRATE)}, then "
            f"the rehearsal. A move of {app.branches.main}: a deployment, where auto_deploy is on. A pull request into either: "
            "its image is made and tested. The runs are started while it looks, so its ticks show no run requests but say "
            "what was started; a preview starts nothing. Switch it off and nothing of this app is started by itself, "
            "by webhooks neither."
        ),
    )
    def github(context: dg.SensorEvaluationContext, github: GitHubResource) -> dg.SensorResult | dg.SkipReason:
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.changes.tick import tick

        try:
            return tick(context, current(app), github, sensor_name(app))
        except NotLoaded as error:
            return dg.SkipReason(str(error))

    return github
