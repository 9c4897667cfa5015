"""Chaining: an image that was made for `development` is rehearsed."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.ops.events import IMAGE, image_key
from pipeline_defs.ops.stored import facts_of_run
from pipeline_defs.release.records import Image
from pipeline_defs.release.request import THEN, Job, Request
from pipeline_defs.sensors.branches import SECONDS


def of_change(run: dg.DagsterRun) -> dict[str, str]:
    """The tags of a run that the run which follows it has too: it is about the same commit, and is reported there."""
    return {name: run.tags[name] for name in ("head", "pull_request", "version_commit") if name in run.tags}


def chaining_sensor(app: App, jobs: Mapping[str, AssetJob]) -> dg.SensorDefinition:
    """The sensor `<app>_then_stage`: after a run of `<app>_integrate` with the tag `then: stage`, `<app>_stage` for its image.

    It only answers with a run request whose key is the run's id, which survives a crash of the daemon: Dagster goes on to the
    next run even when a sensor like this one fails.
    """
    integrate, stage = jobs[job_name(app, Job.INTEGRATE)], jobs[job_name(app, Job.STAGE)]

    @dg.run_status_sensor(
        name=f"{app.name}_then_stage",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[integrate],
        request_job=stage,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Rehearses what {integrate.name} has made for {app.branches.development}: starts {stage.name} after it has succeeded. Switch "
            "it off and images are made, and rehearsed by nobody."
        ),
    )
    def then_stage(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        if run.tags.get(THEN) != Job.STAGE:
            return dg.SkipReason(f"run {run.run_id[:8]} is not followed by anything")
        made = facts_of_run(context.instance, run.run_id, image_key(app.name), IMAGE, Image)
        if not made:
            return dg.SkipReason(f"run {run.run_id[:8]} has made no image")
        image = made[-1]
        request = Request(
            app=app.name,
            job=Job.STAGE,
            environment=app.staging or "",
            commit=image.commit,
            version=image.version,
            branch=image.branch,
            reason=f"{image.version} was made by run {run.run_id[:8]}",
            actor=f"sensor {app.name}_then_stage",
            change=run.tags.get("change", ""),
        )
        tags = {**request.run_tags(), **of_change(run)}
        return dg.RunRequest(run_key=run.run_id, run_config=request.run_config(), tags=tags)

    return then_stage
