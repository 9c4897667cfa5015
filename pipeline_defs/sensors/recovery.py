"""Recovery: the last net under a deployment. What was begun and never ended is undone by a run of its own."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.ops.events import open_deployments
from pipeline_defs.release.request import Job, Request
from pipeline_defs.sensors.branches import SECONDS
from pipeline_defs.sensors.chaining import of_change

_ENDED_BADLY = {"failed": dg.DagsterRunStatus.FAILURE, "canceled": dg.DagsterRunStatus.CANCELED}


def recovery_sensors(app: App, jobs: Mapping[str, AssetJob]) -> list[dg.SensorDefinition]:
    """The sensors `<app>_recover_failed` and `<app>_recover_canceled`: Dagster calls a cancelled run no failure.

    A deploy run that fails by itself has rolled back and written so. These see the ones that could not: killed, cancelled,
    or out of reach of their server.
    """
    return [_recovery_sensor(app, jobs, how, status) for how, status in _ENDED_BADLY.items()]


def _recovery_sensor(
    app: App, jobs: Mapping[str, AssetJob], how: str, status: dg.DagsterRunStatus
) -> dg.SensorDefinition:
    watched = [job_name(app, job, name) for name in app.deployed for job in (Job.DEPLOY, Job.ROLLBACK)]
    rollbacks = [job_name(app, Job.ROLLBACK, name) for name in app.deployed]

    @dg.run_status_sensor(
        name=f"{app.name}_recover_{how}",
        run_status=status,
        monitored_jobs=[jobs[name] for name in watched],
        request_jobs=[jobs[name] for name in rollbacks],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"After a deployment that {_HOW_TEXT[how].upper()} and did not undo itself: brings its environment back to the release before. "
            "Switch it off and what was begun stays half-done until a person goes back."
        ),
    )
    def recover(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        environment = run.tags.get("environment", "")
        opened = open_deployments(context.instance, run.run_id, app.name, environment)
        # An answer that fails is not answered again: it needs a person.
        begun = [row for row in opened if row.because_of is None]
        if not begun:
            return dg.SkipReason(f"run {run.run_id[:8]} left nothing open")
        request = Request(
            app=app.name,
            job=Job.ROLLBACK,
            environment=environment,
            because_of=begun[0].id,
            reason=f"run {run.run_id[:8]} {_HOW_TEXT[how]} while {begun[0].release.version} was deployed",
            actor=f"sensor {app.name}_recover_{how}",
        )
        return dg.RunRequest(
            run_key=run.run_id,
            job_name=job_name(app, Job.ROLLBACK, environment),
            run_config=request.run_config(),
            tags={**request.run_tags(), **of_change(run)},
        )

    return recover


_HOW_TEXT = {"failed": "failed", "canceled": "was cancelled"}
