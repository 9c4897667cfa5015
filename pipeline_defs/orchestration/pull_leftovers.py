"""Pull leftovers: which pull requests are being rehearsed; what of others is on a server was left by a run that was killed."""

import time

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.rehearse import sweep
from pipeline_defs.deployments.stage_log import Log
from pipeline_defs.lineage.events import PULL_REHEARSAL, environment_key
from pipeline_defs.lineage.job_names import pull_job_name
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.request import Job, Request
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.runtime.run_statuses import UNFINISHED
from pipeline_defs.server.core.lock import DEAD_SECONDS


def pull_op_name(app: App) -> str:
    """The op that rehearses an app's pull requests."""
    return f"{app.name}_{app.staging}_stage_pull"


def busy_pulls(instance: dg.DagsterInstance, app: App) -> set[int]:
    """The numbers of the app's pull requests that are rehearsed now, or wait for it."""
    wanted = dg.RunsFilter(job_name=pull_job_name(app), statuses=list(UNFINISHED))
    numbers = [run.tags.get("pull_request", "") for run in instance.get_runs(wanted)]
    return {int(number) for number in numbers if number.isdecimal()}


def sweep_places(instance: dg.DagsterInstance, app: App, ssh: SshResource, log: Log, *, patient: bool = False) -> None:
    """Remove from an app's server what killed rehearsals of pull requests have left there.

    With `patient` it looks once more at a place whose run was alive a moment ago. Raises ServerError.
    """
    assert app.staging is not None
    with ssh.connect(app.environments[app.staging].host) as server:
        if sweep(app, server, lambda: busy_pulls(instance, app), log) and patient:
            time.sleep(DEAD_SECONDS + 1)
            sweep(app, server, lambda: busy_pulls(instance, app), log)


def swept_after(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The run that removes what a rehearsal of a pull request may have left, where it was killed or cancelled."""
    if not _may_have_left_something(instance, app, run):
        return f"{app.name}: run {run.run_id[:8]} left nothing on the server"
    request = Request(
        app=app.name,
        job=Job.STAGE,
        environment=app.staging or "",
        reason=f"run {run.run_id[:8]}, a rehearsal of a pull request, ended before it was done",
        actor="sensor recover",
    )
    asked = dg.RunRequest(
        run_key=run.run_id,
        job_name=pull_job_name(app),
        run_config={"ops": {pull_op_name(app): {"config": {}}}},
        tags={**request.run_tags(), "target": f"{request.target}_pulls_left"},
    )
    return [asked]


def _may_have_left_something(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> bool:
    """Whether a run has not said its end. Dagster makes a killed one again, so that may be left for the one that follows it."""
    if run.tags.get("dagster/will_retry") == "true" or not run.tags.get("pull_request"):
        return False
    record = instance.get_run_record_by_id(run.run_id)
    began = record is not None and record.start_time is not None
    if not began and run.parent_run_id is None:
        return False
    key = environment_key(app.name, app.staging or "")
    told = facts_of_run(instance, run.run_id, key, PULL_REHEARSAL, Rehearsal)
    return not told or told[-1].outcome is Outcome.STARTED
