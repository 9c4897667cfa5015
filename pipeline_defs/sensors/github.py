"""GitHub: what happens to an app's repository starts its jobs. Polling is the truth; a webhook only makes it faster."""

from collections.abc import Mapping

import dagster as dg
from pydantic import ValidationError

from pipeline_defs.changes.claims import Claims
from pipeline_defs.changes.look import Busy, alone, look
from pipeline_defs.code_server import CodeServerAway, code_server
from pipeline_defs.config import App
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.launch import Launcher
from pipeline_defs.release.handled import Handled
from pipeline_defs.release.request import Job
from pipeline_defs.resources.github import GitHubError
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.sensors.branches import SECONDS

_MOST_SAID = 5


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
        preview = _is_preview(context)
        try:
            handled = Handled.model_validate_json(context.cursor) if context.cursor else None
            launcher = Launcher(context.instance, None if preview or handled is None else code_server())
            claims = Claims(app, launcher, f"sensor {sensor_name(app)}", sensor_name(app))
            with alone(context.instance, app):
                now, wrong = look(app, github.open(app), handled, claims)
        except (GitHubError, CodeServerAway, Busy) as error:
            return dg.SkipReason(str(error))
        except ValidationError:
            return dg.SkipReason("the cursor is not one of Shipline's; empty it, and the next look begins anew")
        said = _said(handled, now, claims, wrong)
        if preview:
            return dg.SkipReason(f"preview, nothing is started: {said}")
        return dg.SensorResult(skip_reason=said, cursor=now.model_dump_json())

    return github


def _is_preview(context: dg.SensorEvaluationContext) -> bool:
    """True when somebody tests the sensor in Dagster's UI: the daemon always says when it was started or ticked last."""
    return context.last_sensor_start_time is None and context.last_tick_completion_time is None


def _said(before: Handled | None, now: Handled, claims: Claims, wrong: list[str]) -> str:
    if before is None:
        heads = ", ".join(f"{branch} at {head[:12]}" for branch, head in now.heads.items()) or "no branch yet"
        return f"first look: {heads}, {len(now.pulls)} open pull requests; what comes from now on is handled"
    more = [f"and {len(claims.said) - _MOST_SAID} more"] if len(claims.said) > _MOST_SAID else []
    return "; ".join([*wrong, *claims.said[:_MOST_SAID], *more]) or "nothing new"
