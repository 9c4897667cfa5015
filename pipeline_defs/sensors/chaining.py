"""Chaining: an image that was made for `development` is rehearsed; where one branch is all there is, it is deployed then."""

from collections.abc import Iterator, Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import NotLoaded, current
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.ops.events import IMAGE, REHEARSAL, environment_key, image_key
from pipeline_defs.ops.stored import facts_of_run
from pipeline_defs.release.records import Image, Outcome, Rehearsal
from pipeline_defs.release.request import THEN, Job, Request
from pipeline_defs.sensors.branches import SECONDS


def of_change(run: dg.DagsterRun) -> dict[str, str]:
    """The tags of a run that the run which follows it has too: it is about the same commit, and is reported there."""
    return {name: run.tags[name] for name in ("head", "pull_request", "version_commit") if name in run.tags}


def chaining_sensor(app: App, jobs: Mapping[str, AssetJob]) -> dg.SensorDefinition:
    """The sensor `<app>_then_stage`: after a run of `<app>_integrate` with the tag `then: stage`, `<app>_stage` for its image, and after a
    run of that with the tag `then: deploy` the deployments.

    It only answers with run requests whose keys are made of the run's id, which survives a crash of the daemon: Dagster goes on to the
    next run even when a sensor like this one fails.
    """
    integrate, stage = jobs[job_name(app, Job.INTEGRATE)], jobs[job_name(app, Job.STAGE)]
    deploys = [jobs[job_name(app, Job.DEPLOY, environment)] for environment in app.deployed]

    @dg.run_status_sensor(
        name=f"{app.name}_then_stage",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[integrate, stage],
        request_jobs=[stage, *deploys],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Rehearses what {integrate.name} has made for {app.branches.development}: starts {stage.name} after it has succeeded; "
            "where one branch is all there is, it starts the deployment after that. "
            "Switch it off and images are made, and rehearsed by nobody."
        ),
    )
    def then_stage(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason | dg.SensorResult:
        run = context.dagster_run
        follows = run.tags.get(THEN)
        if follows == Job.DEPLOY and run.job_name == stage.name:
            return _deployments(context, app)
        if follows != Job.STAGE or run.job_name != integrate.name:
            return dg.SkipReason(f"run {run.run_id[:8]} is not followed by anything")
        made = facts_of_run(context.instance, run.run_id, image_key(app.name), IMAGE, Image)
        if not made:
            return dg.SkipReason(f"run {run.run_id[:8]} has made no image")
        return _rehearsal(app, run, made[-1], stage.name)

    return then_stage


def _rehearsal(app: App, run: dg.DagsterRun, image: Image, stage: str) -> dg.RunRequest:
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
    then = {THEN: Job.DEPLOY.value} if _is_deployed_then(app, image) else {}
    return dg.RunRequest(
        run_key=run.run_id,
        job_name=stage,
        run_config=request.run_config(),
        tags={**request.run_tags(), **of_change(run), **then},
    )


def _is_deployed_then(app: App, image: Image) -> bool:
    """Whether what was merged is to be deployed once it has passed its rehearsal: no other branch says so."""
    try:
        branches = current(app).branches
    except NotLoaded:
        return False
    return branches.one and image.branch == branches.main


def _deployments(context: dg.RunStatusSensorContext, app: App) -> dg.SensorResult | dg.SkipReason:
    run = context.dagster_run
    try:
        now = current(app)
    except NotLoaded as error:
        return dg.SkipReason(f"what run {run.run_id[:8]} rehearsed is not deployed by itself: {error}")
    found = facts_of_run(
        context.instance, run.run_id, environment_key(app.name, app.staging or ""), REHEARSAL, Rehearsal
    )
    passed = [each for each in found if each.outcome is Outcome.SUCCEEDED]
    if not passed:
        return dg.SkipReason(f"run {run.run_id[:8]} has rehearsed nothing")
    requests = list(_deployments_of(now, run, passed[-1]))
    return dg.SensorResult(
        run_requests=requests, skip_reason=None if requests else "no environment is deployed to by itself"
    )


def _deployments_of(app: App, run: dg.DagsterRun, rehearsal: Rehearsal) -> Iterator[dg.RunRequest]:
    release = rehearsal.release
    automatic = [name for name in app.deployed if app.environments[name].auto_deploy]
    for number, environment in enumerate(automatic):
        change = run.tags.get("change", "")
        request = Request(
            app=app.name,
            job=Job.DEPLOY,
            environment=environment,
            version=release.version,
            commit=release.commit,
            branch=app.branches.main,
            reason=f"{release.version} was rehearsed by run {run.run_id[:8]}",
            actor=f"sensor {app.name}_then_stage",
            change=f"{change}:{environment}" if change and number else change,
        )
        yield dg.RunRequest(
            run_key=f"{run.run_id}:{environment}",
            job_name=job_name(app, Job.DEPLOY, environment),
            run_config=request.run_config(),
            tags={**request.run_tags(), **of_change(run)},
            asset_selection=[dg.AssetKey(name) for name in request.assets],
            asset_check_keys=[],
        )
