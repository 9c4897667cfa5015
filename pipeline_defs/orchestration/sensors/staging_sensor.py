"""Staging sensor: an image that was made for `development` is rehearsed; where one branch is all there is, it is deployed then."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current_config import NotLoaded, current
from pipeline_defs.lineage.events import IMAGE, REHEARSAL, environment_key, image_key
from pipeline_defs.lineage.job_names import job_name, pull_job_name
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.pull_leftovers import pull_op_name
from pipeline_defs.orchestration.sensors.run_endings import EndedRuns
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.tick_order import SECONDS
from pipeline_defs.release.change import is_pull
from pipeline_defs.release.records import Image, Outcome, Rehearsal
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import SEEN, THEN, VERSION_COMMIT, tag_of
from pipeline_defs.runtime.automation.app_pauses import read_pauses
from pipeline_defs.runtime.automation.entries import CHAIN


def of_change(run: dg.DagsterRun) -> dict[str, str]:
    """The tags of a run that the run which follows it has too: it is about the same commit, and is reported there."""
    return {name: value for name in ("head", "pull_request", VERSION_COMMIT, SEEN) if (value := tag_of(run.tags, name))}


def chaining_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob]) -> dg.SensorDefinition:
    """The sensor `chain`: after a run of an app's job integrate with the tag `then: stage`, its job stage for the image, and after a
    run of that with the tag `then: deploy` the deployments.

    It only answers with run requests whose keys are made of the id of the run before, which survive a crash of the daemon. `apps` are
    those with a rehearsal.
    """
    ended = EndedRuns(CHAIN, dg.DagsterEventType.RUN_SUCCESS)
    watched = {
        **{job_name(app, Job.INTEGRATE): (app, Job.STAGE) for app in apps},
        **{job_name(app, Job.STAGE): (app, Job.DEPLOY) for app in apps},
    }

    @dg.sensor(
        name=CHAIN,
        jobs=[
            jobs[name]
            for app in apps
            for name in (
                job_name(app, Job.STAGE),
                *_pull_jobs(app),
                *(job_name(app, Job.DEPLOY, each) for each in app.deployed),
            )
        ],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Rehearses what an app's job integrate has made for its development branch, and for pull requests where the app's file "
            "says so: starts the job stage, or stage_pull, after it has succeeded; "
            "where one branch is all there is, it starts the deployment after that. For an app that is paused it waits until the app is "
            "resumed."
        ),
    )
    def chain(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        instance = lasting_instance(context)

        def concerns(run: dg.DagsterRun) -> bool:
            return run.job_name in watched and tag_of(run.tags, THEN) == watched[run.job_name][1]

        def waits(runs: Sequence[dg.DagsterRun]) -> dict[str, str]:
            apps_of = {run.run_id: watched[run.job_name][0].name for run in runs}
            paused = read_pauses(instance, set(apps_of.values()))
            return {run: f"{name}: {paused[name]}" for run, name in apps_of.items() if name in paused}

        def answer(run: dg.DagsterRun) -> list[dg.RunRequest] | str:
            app, follows = watched[run.job_name]
            return _rehearsal(instance, app, run) if follows is Job.STAGE else _deployments(instance, app, run)

        return ended.tick(instance, context.cursor, concerns, answer, waits)

    return chain


def _pull_jobs(app: App) -> list[str]:
    return [pull_job_name(app)] if app.stage.rehearses else []


def _rehearsal(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The rehearsal of what a run has made."""
    if is_pull(run.tags.get("change", "")):
        return _rehearsal_of_pull(app, run)
    made = facts_of_run(instance, run.run_id, image_key(app.name), IMAGE, Image)
    if not made:
        return f"run {run.run_id[:8]} has made no image"
    image = made[-1]
    request = Request(
        app=app.name,
        job=Job.STAGE,
        environment=app.staging or "",
        commit=image.commit,
        version=image.version,
        branch=image.branch,
        reason=f"{image.version} was made by run {run.run_id[:8]}",
        actor=f"sensor {CHAIN}",
        change=run.tags.get("change", ""),
    )
    then = {THEN: Job.DEPLOY.value} if _is_deployed_then(app, image) else {}
    asked = dg.RunRequest(
        run_key=run.run_id,
        job_name=job_name(app, Job.STAGE),
        run_config=request.run_config(),
        tags={**request.run_tags(), **of_change(run), **then},
    )
    return [asked]


def _rehearsal_of_pull(app: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The rehearsal of a pull request whose image a run has made. As many run at once as there are values of their tag `target`."""
    number = run.tags.get("pull_request", "")
    if not _pull_jobs(app) or not number.isdecimal():
        return f"pull requests of {app.name} are not rehearsed"
    request = Request(
        app=app.name,
        job=Job.STAGE,
        environment=app.staging or "",
        commit=run.tags.get("head", ""),
        branch=run.tags.get("branch", ""),
        version=run.tags.get("version", ""),
        reason=f"pull request #{number} passed its tests in run {run.run_id[:8]}",
        actor=f"sensor {CHAIN}",
        change=run.tags.get("change", ""),
        pull=int(number),
    )
    place = {"target": f"{request.target}_pulls_{int(number) % app.stage.at_once}"}
    asked = dg.RunRequest(
        run_key=run.run_id,
        job_name=pull_job_name(app),
        run_config={"ops": {pull_op_name(app): {"config": {"pull": int(number), "made_by": run.run_id}}}},
        tags={**request.run_tags(), **of_change(run), **place},
    )
    return [asked]


def _is_deployed_then(app: App, image: Image) -> bool:
    """Whether what was merged is to be deployed once it has passed its rehearsal: no other branch says so."""
    try:
        branches = current(app).branches
    except NotLoaded:
        return False
    return branches.one and image.branch == branches.main


def _deployments(instance: dg.DagsterInstance, loaded: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The deployments of what a run has rehearsed. Raises NotLoaded."""
    app = current(loaded)
    found = facts_of_run(instance, run.run_id, environment_key(app.name, app.staging or ""), REHEARSAL, Rehearsal)
    passed = [each for each in found if each.outcome is Outcome.SUCCEEDED]
    if not passed:
        return f"run {run.run_id[:8]} has rehearsed nothing"
    return list(_deployments_of(app, run, passed[-1])) or f"no environment of {app.name} is deployed to by itself"


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
            actor=f"sensor {CHAIN}",
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
