"""Recovery: the last net under a deployment. What was begun and never ended is undone by a run of its own, once; then a person is told."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.ops.attempt import since, write_down
from pipeline_defs.release.recovery import MOST, decide, given_up, recovery_tags
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
        decision = decide(run.run_id, run.tags, Lineage(context.instance).deployments(app, environment))
        if decision is None:
            return dg.SkipReason(f"run {run.run_id[:8]} left nothing open")
        failed = decision.deployment
        if not decision.attempt:
            why = f"{MOST} runs that should undo it ended without a word"
            write_down(context.instance, given_up(failed, why, since(failed.started)))
            return dg.SkipReason(f"{environment} needs a person: {failed.kind} of {failed.release.version}: {why}")
        request = Request(
            app=app.name,
            job=Job.ROLLBACK,
            environment=environment,
            because_of=failed.id,
            reason=f"run {run.run_id[:8]} {_HOW_TEXT[how]} while {failed.release.version} was deployed",
            actor=f"sensor {app.name}_recover_{how}",
        )
        return dg.RunRequest(
            run_key=run.run_id,
            job_name=job_name(app, Job.ROLLBACK, environment),
            run_config=request.run_config(),
            tags={**request.run_tags(), **of_change(run), **recovery_tags(decision)},
        )

    return recover


_HOW_TEXT = {"failed": "failed", "canceled": "was cancelled"}
