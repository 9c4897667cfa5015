"""Recovery sensor: the last net under a deployment. What was begun and never ended is undone by a run of its own,
once; then a person is told.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.attempt import since
from pipeline_defs.lineage.job_names import job_name, pull_job_name
from pipeline_defs.lineage.shown_versions import keep_shown_versions
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.op_run import write_down
from pipeline_defs.orchestration.pull_leftovers import swept_after
from pipeline_defs.orchestration.sensors.lost_retries import LostRetries
from pipeline_defs.orchestration.sensors.run_endings import EndedRuns
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.staging_sensor import of_change
from pipeline_defs.orchestration.sensors.storage_activity import Activity
from pipeline_defs.orchestration.sensors.tick_order import SECONDS
from pipeline_defs.release.recovery import MOST, decide, given_up, recovery_tags
from pipeline_defs.release.request import Job, Request
from pipeline_defs.runtime.automation.entries import RECOVER

_HOW = {dg.DagsterRunStatus.FAILURE: "failed", dg.DagsterRunStatus.CANCELED: "was cancelled"}


def recovery_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob]) -> dg.SensorDefinition:
    """The sensor `recover`, for runs that failed or were cancelled: Dagster calls a cancelled run no failure.

    A deploy run that fails by itself has rolled back and written so. This sees the ones that could not: killed, cancelled, or out of
    reach of their server. `apps` are those with environments that are deployed to. An app that is paused is recovered too.

    Runs that were lost and that Dagster failed to make again are shown to it once more.

    As it looks at all apps whenever something has happened, it also keeps which version the lineage page shows where.
    """
    watched = {
        job_name(app, job, name): app for app in apps for name in app.deployed for job in (Job.DEPLOY, Job.ROLLBACK)
    }
    pulls = {pull_job_name(app): app for app in apps if app.staging and app.stage.rehearses}
    changed = Activity().apps
    lost = LostRetries()
    ended = EndedRuns(RECOVER, dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED)

    @dg.sensor(
        name=RECOVER,
        jobs=[
            *(jobs[job_name(app, Job.ROLLBACK, name)] for app in apps for name in app.deployed),
            *(jobs[name] for name in pulls),
        ],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "After a deployment that failed or was cancelled and did not undo itself: brings its environment back to the release before, "
            "also of an app that is paused. Removes what a killed rehearsal of a pull request left. Switch it off and what was begun stays "
            "half-done until a person goes back."
        ),
    )
    def recover(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        instance = lasting_instance(context)

        def concerns(run: dg.DagsterRun) -> bool:
            return (run.job_name in watched or run.job_name in pulls) and run.status in _HOW

        def answer(run: dg.DagsterRun) -> list[dg.RunRequest] | str:
            if run.job_name in pulls:
                return swept_after(instance, pulls[run.job_name], run)
            return _answer(instance, watched[run.job_name], run)

        result = ended.tick(instance, context.cursor, concerns, answer)
        for run in lost.look(instance):
            context.log.warning("run %s was lost and not made again; Dagster is told of it once more", run[:8])
        if changed(instance) != set():
            _show_versions(context, instance, apps)
        return result

    return recover


def _show_versions(context: dg.SensorEvaluationContext, instance: dg.DagsterInstance, apps: Sequence[App]) -> None:
    """Keep what the lineage page shows. It is for people to look at, and whatever becomes of it, no recovery is lost for it."""
    try:
        keep_shown_versions(Path(instance.root_directory), instance, apps)
    except Exception as error:
        context.log.warning(f"the versions on the lineage page are not up to date: {error}")


def _answer(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The rollback of what a run has left open, or why there is none."""
    environment = run.tags.get("environment", "")
    decision = decide(run.run_id, run.tags, Lineage(instance).deployments(app, environment))
    if decision is None:
        return f"{app.name}: run {run.run_id[:8]} left nothing to undo"
    failed = decision.deployment
    if not decision.attempt:
        why = f"{MOST} runs that should undo it ended without a word"
        write_down(instance, given_up(failed, why, since(failed.started)))
        return f"{app.name}: {environment} needs a person: {failed.kind} of {failed.release.version}: {why}"
    request = Request(
        app=app.name,
        job=Job.ROLLBACK,
        environment=environment,
        because_of=failed.id,
        reason=f"run {run.run_id[:8]} {_HOW[run.status]} while {failed.release.version} was deployed",
        actor=f"sensor {RECOVER}",
    )
    asked = dg.RunRequest(
        run_key=run.run_id,
        job_name=job_name(app, Job.ROLLBACK, environment),
        run_config=request.run_config(),
        tags={**request.run_tags(), **of_change(run), **recovery_tags(decision)},
    )
    return [asked]
