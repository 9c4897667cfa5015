"""Pull leftovers: which pull requests are being rehearsed or stay up; what of others is on a server was left by a run that was killed."""

import time
from collections.abc import Collection, Mapping, Sequence

import dagster as dg
from pydantic import ValidationError

from pipeline_defs.config import App
from pipeline_defs.deployments.protocols import Recording
from pipeline_defs.deployments.pull_sweep import sweep
from pipeline_defs.deployments.stage_log import Log
from pipeline_defs.lineage.events import PULL_REHEARSAL, environment_key
from pipeline_defs.lineage.job_names import pull_job_name
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.release.github_cursor import GitHubCursor, PullState
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import ENDED, PREVIEW, UP
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.runtime.automation.entries import GITHUB, read_entry
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


class PullRuns:
    """An app's pull requests, as Dagster's storage knows them.

    `closed` are some that are known not to be open; `run` is the run that writes down what becomes of previews, None: nobody does.
    """

    def __init__(
        self, instance: dg.DagsterInstance, app: App, run: Recording | None = None, closed: Collection[int] = ()
    ) -> None:
        self._instance, self._app, self._run = instance, app, run
        self._closed = {*closed, *closed_pulls(instance, app)}

    def busy(self) -> set[int]:
        """Those that are rehearsed now, or wait for it."""
        return busy_pulls(self._instance, self._app)

    def is_closed(self, pull: int) -> bool:
        """Whether one is known not to be open any more."""
        return pull in self._closed

    def settle(self, standing: Mapping[int, str], ended: Mapping[int, str]) -> None:
        """Write down which previews are not up any more, and why.

        Without a run that can write it, that is left to the next one, unless none follows because the app has no previews any more.
        """
        if self._run is None and self._app.stage.kept:
            return
        for run in previews_up(self._instance, self._app):
            pull = int(run.tags["pull_request"])
            if standing.get(pull) == run.run_id:
                continue
            newer = "a newer head is rehearsed" if pull in self.busy() else "it is not on the server any more"
            self._note_end(run, ended.get(pull, newer))
            self._instance.add_run_tags(run.run_id, {PREVIEW: ENDED})

    def _note_end(self, run: dg.DagsterRun, why: str) -> None:
        """Write the record of a rehearsal once more, with the reason why its preview has ended."""
        key = environment_key(self._app.name, self._app.staging or "")
        rows = facts_of_run(self._instance, run.run_id, key, PULL_REHEARSAL, Rehearsal)
        if self._run is not None and rows and rows[-1].preview:
            told = rows[-1].preview.model_copy(update={"ended": why})
            self._run.note(rows[-1].model_copy(update={"preview": told}))


def previews_up(instance: dg.DagsterInstance, app: App) -> list[dg.DagsterRun]:
    """The runs whose previews are up, as far as the storage knows."""
    runs = instance.get_runs(dg.RunsFilter(job_name=pull_job_name(app), tags={PREVIEW: UP}))
    return [run for run in runs if run.tags.get("pull_request", "").isdecimal()]


def closed_pulls(instance: dg.DagsterInstance, app: App) -> set[int]:
    """The numbers of the pull requests that were seen to be closed, of those that run or stay up."""
    entry = read_entry(instance, app.name, GITHUB) if app.github else None
    try:
        pulls = GitHubCursor.model_validate_json(entry).pulls if entry else {}
    except ValidationError:  # the sensor says so itself
        return set()
    return {int(number) for number, seen in pulls.items() if seen.stand is PullState.CLOSED}


def sweep_places(app: App, pulls: PullRuns, ssh: SshResource, log: Log, *, patient: bool = False) -> None:
    """Remove from an app's server what killed rehearsals of pull requests have left there, and previews whose time is over.

    With `patient` it looks once more at a place whose run was alive a moment ago. Raises ServerError.
    """
    assert app.staging is not None
    with ssh.connect(app.environments[app.staging].host) as server:
        if sweep(app, server, pulls, log) and patient:
            time.sleep(DEAD_SECONDS + 1)
            sweep(app, server, pulls, log)


def sweep_request(app: App, reason: str, actor: str, key: str, closed: Sequence[int] = ()) -> dg.RunRequest:
    """A run of its own that sweeps the places of an app's pull requests, of which some are known to be closed."""
    request = Request(app=app.name, job=Job.STAGE, environment=app.staging or "", reason=reason, actor=actor)
    return dg.RunRequest(
        run_key=key,
        job_name=pull_job_name(app),
        run_config={"ops": {pull_op_name(app): {"config": {"closed": list(closed)}}}},
        tags={**request.run_tags(), "target": f"{request.target}_pulls_left"},
    )


def swept_after(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> list[dg.RunRequest] | str:
    """The run that removes what a rehearsal of a pull request may have left, where it was killed or cancelled."""
    if not _may_have_left_something(instance, app, run):
        return f"{app.name}: run {run.run_id[:8]} left nothing on the server"
    reason = f"run {run.run_id[:8]}, a rehearsal of a pull request, ended before it was done"
    return [sweep_request(app, reason, "sensor recover", run.run_id)]


def _may_have_left_something(instance: dg.DagsterInstance, app: App, run: dg.DagsterRun) -> bool:
    """Whether a run has not said its end. Dagster makes a killed one again, so that may be left for the one that follows it."""
    if run.tags.get("dagster/will_retry") == "true" or not run.tags.get("pull_request"):
        return False
    record = instance.get_run_record_by_id(run.run_id)
    began = record is not None and record.start_time is not None
    if not began and run.parent_run_id is None:
        return False
    key = environment_key(app.name, app.staging or "")
    rows = facts_of_run(instance, run.run_id, key, PULL_REHEARSAL, Rehearsal)
    told = [row for row in rows if row.run == run.run_id]  # others say that their previews are gone
    return not told or told[-1].outcome is Outcome.STARTED
