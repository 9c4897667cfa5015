"""Reading: runs as facts, from Dagster's storage. Few and small questions: a look at an idle storage is one query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterRun, DagsterRunStatus, EventLogEntry, RunRecord

from pipeline_defs.config import App
from pipeline_defs.jobs import THEN, job_name
from pipeline_defs.ops.events import DEPLOYMENT, IMAGE, LINT_COUNTS, REHEARSAL, TEST_COUNTS, environment_key, image_key
from pipeline_defs.release.evidence import LintCounts, TestCounts
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal
from pipeline_defs.release.request import Job
from pipeline_defs.reports.facts import STAGE, Ending, Phase, RunFacts, Step, deploy_stage, stages_of

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
_STEPS = {
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_OUTPUT,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.STEP_FAILURE,
}
_EVENTS = {*_STEPS, DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION}
_INTERRUPTED = "DagsterExecutionInterruptedError"


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
        told = [record.asset_materialization.metadata for record in page.records if record.asset_materialization]
        rows = [Deployment.model_validate(metadata[DEPLOYMENT].value) for metadata in told if DEPLOYMENT in metadata]
        return sorted(rows, key=lambda row: row.id, reverse=True)

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
        follows = STAGE if run.tags.get(THEN) == Job.STAGE and self._app.staging else ""
        return RunFacts(
            run=run.run_id,
            job=job,
            phase=_PHASES.get(run.status, Phase.WAITING),
            tags=run.tags,
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

    def _told(self, run: DagsterRun, job: Job, environment: str) -> "_Told":
        """What the events of a run say. A run that waits has none, and its file of events is not opened."""
        told = _Told(_stage_of_ops(self._app, job, environment))
        if _PHASES.get(run.status, Phase.WAITING) is not Phase.WAITING:
            for entry in self._instance.all_logs(run.run_id, of_type=_EVENTS):
                told.take(entry)
        return told


@dataclass
class _Told:
    """What the events of a run say, gathered one by one. `stages` are the stages of its ops, {op: stage}."""

    stages: Mapping[str, str]
    steps: dict[str, Step] = field(default_factory=dict)
    image: Image | None = None
    lint: LintCounts | None = None
    tests: TestCounts | None = None
    rehearsal: Rehearsal | None = None
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def take(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type in _STEPS:
            self._take_step(event, entry.timestamp)
        what = entry.asset_materialization or entry.asset_observation
        if what is not None:
            self._take_records({name: value.value for name, value in what.metadata.items()})

    def _take_step(self, event: DagsterEvent, at: float) -> None:
        op = (event.step_key or "").rpartition(".")[2]
        stage = self.stages.get(op)
        if stage is None:
            return
        before = self.steps.get(stage)
        if event.event_type is DagsterEventType.STEP_START:
            self.steps[stage] = Step(before.began) if before else Step(at)
        elif event.event_type is DagsterEventType.STEP_OUTPUT:
            self._take_records({name: value.value for name, value in event.step_output_data.metadata.items()})
        elif before is not None and event.event_type is DagsterEventType.STEP_FAILURE:
            ending, sentence, evidence = _failure(event)
            self.steps[stage] = Step(before.began, at, ending, sentence)
            self._take_records(evidence)
        elif before is not None and _closes(op):
            self.steps[stage] = Step(before.began, at, Ending.SUCCEEDED)

    def _take_records(self, told: Mapping[str, Any]) -> None:
        if LINT_COUNTS in told:
            self.lint = LintCounts.model_validate(told[LINT_COUNTS])
        if TEST_COUNTS in told:
            self.tests = TestCounts.model_validate(told[TEST_COUNTS])
        if IMAGE in told:
            self.image = Image.model_validate(told[IMAGE])
            self.lint, self.tests = self.image.lint or self.lint, self.image.tests or self.tests
        if REHEARSAL in told:
            self.rehearsal = Rehearsal.model_validate(told[REHEARSAL])
        if DEPLOYMENT in told:
            row = Deployment.model_validate(told[DEPLOYMENT])
            self.deployments[row.id] = row


def _failure(event: DagsterEvent) -> tuple[Ending, str, dict[str, Any]]:
    """How an op ended, the sentence it said, and its evidence. The text of an error nobody expected is not for everybody."""
    data = event.step_failure_data
    said = data.user_failure_data
    if said is not None:
        return Ending.FAILED, said.description or "", {name: value.value for name, value in said.metadata.items()}
    names = [each.cls_name for each in (data.error, data.error.cause if data.error else None) if each is not None]
    return Ending.INTERRUPTED if _INTERRUPTED in names else Ending.BROKEN, "", {}


def _closes(op: str) -> bool:
    """True for the op with whose success its stage is done; a deployment consists of three ops."""
    return not op.endswith(("_deploy", "_rollback"))


def _jobs(app: App) -> dict[str, tuple[Job, str]]:
    """{name: (job, environment)} of the app's jobs."""
    jobs = {job_name(app, Job.INTEGRATE): (Job.INTEGRATE, "")}
    if app.staging:
        jobs[job_name(app, Job.STAGE)] = (Job.STAGE, app.staging)
    for environment in app.deployed:
        for job in (Job.DEPLOY, Job.ROLLBACK):
            jobs[job_name(app, job, environment)] = (job, environment)
    return jobs


def _stage_of_ops(app: App, job: Job, environment: str) -> dict[str, str]:
    """{op: stage} of a job's ops."""
    ops = {f"{app.name}_{stage}": stage for stage in stages_of(app, Job.INTEGRATE, "", makes_image=True)}
    if job is Job.STAGE:
        return {f"{app.name}_{environment}_stage": STAGE}
    if environment:
        stage = deploy_stage(app, environment)
        ops |= {f"{app.name}_{environment}_{name}": stage for name in ("deploy", "rollback", "record")}
    return ops


def ran_before(rows: Sequence[Deployment], row: Deployment) -> Deployment | None:
    """The deployment that a newer one took the place of; `rows` are an environment's, newest first."""
    return next((each for each in rows if each.id < row.id), None)


def succeeded(rows: Iterable[Deployment]) -> list[Deployment]:
    """Those whose release ran."""
    return [row for row in rows if row.outcome is Outcome.SUCCEEDED]
