"""Run reader: runs as facts, from Dagster's storage. Few and small questions: a look at an idle storage is one query."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterRun, DagsterRunStatus, RunRecord
from pydantic import ValidationError

from pipeline_defs.config import App
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.job_names import job_name, pull_job_name
from pipeline_defs.lineage.runs.run_events import EVENTS, RunEvents, stage_of_ops
from pipeline_defs.lineage.runs.run_facts import STAGE, Phase, RunFacts, stages_of
from pipeline_defs.lineage.stored_records import facts_in, jobs_of
from pipeline_defs.release.github_cursor import WHY, GitHubCursor, PullState
from pipeline_defs.release.records import Deployment, Outcome
from pipeline_defs.release.request import Job
from pipeline_defs.release.run_tags import THEN, tag_of
from pipeline_defs.runtime.automation.entries import GITHUB, read_entry

_NEWEST = 20  # deployments of an environment that are looked at to find what ran before
_RELATED = 10  # runs for one head, or one pull request, that are looked at

_PHASES = {
    DagsterRunStatus.STARTING: Phase.RUNNING,
    DagsterRunStatus.STARTED: Phase.RUNNING,
    DagsterRunStatus.CANCELING: Phase.RUNNING,
    DagsterRunStatus.SUCCESS: Phase.SUCCEEDED,
    DagsterRunStatus.FAILURE: Phase.FAILED,
    DagsterRunStatus.CANCELED: Phase.CANCELLED,
}


class RunReader:
    """The runs of one app in a Dagster storage."""

    def __init__(self, instance: dg.DagsterInstance, app: App) -> None:
        self._instance = instance
        self._app = app
        self._jobs = _jobs(app)

    def changed(self, since: float, limit: int) -> dict[str, float]:
        """The app's runs that changed after a time, and when, the one that changed first first."""
        found = self._instance.get_run_records(
            dg.RunsFilter(tags={"app": self._app.name}, updated_after=datetime.fromtimestamp(since, UTC)),
            limit=limit,
            order_by="update_timestamp",
            ascending=True,
        )
        return {record.dagster_run.run_id: record.update_timestamp.timestamp() for record in found}

    def run(self, run_id: str) -> RunFacts | None:
        """What is known of a run now; None for one that is gone or whose job is none of the app's."""
        record = next(iter(self._instance.get_run_records(dg.RunsFilter(run_ids=[run_id]), limit=1)), None)
        return self._facts(record) if record is not None else None

    def of_pull(self, facts: RunFacts) -> list[RunFacts]:
        """The runs for the pull request and head of this one, oldest first; it is among them."""
        tags = {"app": self._app.name, "pull_request": str(facts.pull), "head": facts.head}
        records = self._instance.get_run_records(dg.RunsFilter(tags=tags), limit=_RELATED)
        return [found for record in reversed(records) if (found := self._facts(record)) is not None]

    def live(self, environment: str) -> list[Deployment]:
        """The newest deployments that ran in an environment, newest first."""
        page = self._instance.fetch_materializations(environment_key(self._app.name, environment), limit=_NEWEST)
        jobs = jobs_of(self._instance, {record.run_id for record in page.records})
        told = (facts_in(record.event_log_entry, jobs.get(record.run_id)) for record in page.records)
        rows = [fact for facts in told for _, fact in facts if isinstance(fact, Deployment)]
        return sorted(rows, key=lambda row: row.id, reverse=True)

    def waiting(self) -> dict[str, PullState]:
        """The heads of pull requests that are not checked yet, and why, as the sensor that notices changes has handled them."""
        entry = read_entry(self._instance, self._app.name, GITHUB)
        try:
            pulls = GitHubCursor.model_validate_json(entry).pulls if entry else {}
        except ValidationError:  # the other sensor says so itself
            return {}
        answered = {pull.head for pull in pulls.values() if pull.stand is PullState.ANSWERED}  # of another pull request
        return {pull.head: pull.stand for pull in pulls.values() if pull.stand in WHY and pull.head not in answered}

    def _facts(self, record: RunRecord) -> RunFacts | None:
        run = record.dagster_run
        kind = self._jobs.get(run.job_name)
        if kind is None:
            return None
        job, environment = kind
        told = self._told(run, job, environment)
        newer = self._newer(record)
        own = self._stages(run)
        taken = {stage for other in newer for stage in self._stages(other)}
        follows = STAGE if tag_of(run.tags, THEN) == Job.STAGE and self._app.staging else ""
        return RunFacts(
            run=run.run_id,
            job=job,
            phase=_PHASES.get(run.status, Phase.WAITING),
            tags=run.tags,
            commit=_commit(run, self._app),
            stages=tuple(stage for stage in own if stage not in taken),
            steps=told.steps,
            follows="" if follows in taken else follows,
            created=record.create_timestamp.timestamp(),
            ended=record.end_time or 0.0,
            newest=self._is_newest(record),
            image=told.image,
            lint=told.lint,
            tests=told.tests,
            rehearsal=told.rehearsal,
            deployments=tuple(told.deployments.values()),
            previews_ended=tuple(told.previews_ended.values()),
        )

    def _stages(self, run: DagsterRun) -> tuple[str, ...]:
        kind = self._jobs.get(run.job_name)
        if kind is None:
            return ()
        job, environment = kind
        chosen = run.asset_selection
        return stages_of(self._app, job, environment, makes_image=not chosen or image_key(self._app.name) in chosen)

    def _newer(self, record: RunRecord) -> list[DagsterRun]:
        """Runs for the same head that were made after this one: what they do is theirs to tell."""
        head = record.dagster_run.tags.get("head")
        if not head:
            return []
        same = dg.RunsFilter(tags={"app": self._app.name, "head": head})
        others = self._instance.get_run_records(same, limit=_RELATED)
        return [other.dagster_run for other in others if other.storage_id > record.storage_id]

    def _is_newest(self, record: RunRecord) -> bool:
        pull = record.dagster_run.tags.get("pull_request")
        if not pull:
            return True
        same = dg.RunsFilter(tags={"app": self._app.name, "pull_request": pull})
        newest = self._instance.get_run_records(same, limit=1)
        return not newest or newest[0].storage_id == record.storage_id

    def _told(self, run: DagsterRun, job: Job, environment: str) -> RunEvents:
        """What the events of a run say. A run that waits has none, and its file of events is not opened."""
        told = RunEvents(stage_of_ops(self._app, job, environment))
        if _PHASES.get(run.status, Phase.WAITING) is not Phase.WAITING:
            for entry in self._instance.all_logs(run.run_id, of_type=EVENTS):
                told.take(entry, run.job_name)
        return told


def _commit(run: DagsterRun, app: App) -> str:
    """The commit that a run was given for the image it makes."""
    config: Any = run.run_config
    for name in ("ops", f"{app.name}_image", "config", "commit"):
        config = config.get(name) if isinstance(config, dict) else None
    return config if isinstance(config, str) else run.tags.get("head", "")


def _jobs(app: App) -> dict[str, tuple[Job, str]]:
    """{name: (job, environment)} of the app's jobs."""
    jobs = {job_name(app, Job.INTEGRATE): (Job.INTEGRATE, "")}
    if app.staging:
        jobs |= dict.fromkeys((job_name(app, Job.STAGE), pull_job_name(app)), (Job.STAGE, app.staging))
    for environment in app.deployed:
        for job in (Job.DEPLOY, Job.ROLLBACK):
            jobs[job_name(app, job, environment)] = (job, environment)
    return jobs


def ran_before(rows: Sequence[Deployment], row: Deployment) -> Deployment | None:
    """The deployment that a newer one took the place of; `rows` are an environment's, newest first."""
    return next((each for each in rows if each.id < row.id), None)


def succeeded(rows: Iterable[Deployment]) -> list[Deployment]:
    """Those whose release ran."""
    return [row for row in rows if row.outcome is Outcome.SUCCEEDED]
