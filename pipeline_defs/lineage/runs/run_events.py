"""Run events: what the events of a run say, as steps, evidence and records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dagster import DagsterEvent, DagsterEventType, EventLogEntry

from pipeline_defs.config import App
from pipeline_defs.lineage.events import CHECKED, LINT_COUNTS, TEST_COUNTS
from pipeline_defs.lineage.runs.run_facts import STAGE, Ending, Step, deploy_stage, stages_of
from pipeline_defs.lineage.stored_records import Fact, facts_in, read
from pipeline_defs.release.evidence import LintCounts, TestCounts
from pipeline_defs.release.records import Deployment, Image, Rehearsal
from pipeline_defs.release.request import Job

_STEPS = {
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_OUTPUT,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.STEP_FAILURE,
}
EVENTS = {*_STEPS, DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION}
"""The kinds of events that are asked for."""

_INTERRUPTED = "DagsterExecutionInterruptedError"


@dataclass
class RunEvents:
    """What the events of a run say, gathered one by one. `stages` are the stages of its ops, {op: stage}."""

    stages: Mapping[str, str]
    steps: dict[str, Step] = field(default_factory=dict)
    image: Image | None = None
    lint: LintCounts | None = None
    tests: TestCounts | None = None
    rehearsal: Rehearsal | None = None
    deployments: dict[str, Deployment] = field(default_factory=dict)
    previews_ended: dict[str, Rehearsal] = field(default_factory=dict)

    def take(self, entry: EventLogEntry, job: str) -> None:
        """What one event of a run of this job says."""
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type in _STEPS:
            self._take_step(entry, event)
        for key, fact in facts_in(entry, job):
            if key != CHECKED:  # of that there is no image
                self._take_fact(fact)

    def _take_step(self, entry: EventLogEntry, event: DagsterEvent) -> None:
        at, op = entry.timestamp, (event.step_key or "").rpartition(".")[2]
        stage = self.stages.get(op)
        if stage is None:
            return
        before = self.steps.get(stage)
        if event.event_type is DagsterEventType.STEP_START:
            self.steps[stage] = Step(before.began) if before else Step(at)
        elif event.event_type is DagsterEventType.STEP_OUTPUT:
            self._take_evidence(entry, {name: value.value for name, value in event.step_output_data.metadata.items()})
        elif before is not None and event.event_type is DagsterEventType.STEP_FAILURE:
            ending, sentence, evidence = _failure(event)
            self.steps[stage] = Step(before.began, at, ending, sentence)
            self._take_evidence(entry, evidence)
        elif before is not None and _closes(op):
            self.steps[stage] = Step(before.began, at, Ending.SUCCEEDED)

    def _take_evidence(self, entry: EventLogEntry, told: Mapping[str, Any]) -> None:
        if LINT_COUNTS in told:
            self.lint = read(LintCounts, told[LINT_COUNTS], entry, LINT_COUNTS) or self.lint
        if TEST_COUNTS in told:
            self.tests = read(TestCounts, told[TEST_COUNTS], entry, TEST_COUNTS) or self.tests

    def _take_fact(self, fact: Fact) -> None:
        if isinstance(fact, Image):
            self.image = fact
            self.lint, self.tests = fact.lint or self.lint, fact.tests or self.tests
        elif isinstance(fact, Rehearsal) and fact.preview and fact.preview.ended:
            self.previews_ended[fact.id] = fact  # another run's: this one has removed what was up
        elif isinstance(fact, Rehearsal):
            self.rehearsal = fact
        else:
            self.deployments[fact.id] = fact


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


def stage_of_ops(app: App, job: Job, environment: str) -> dict[str, str]:
    """{op: stage} of a job's ops."""
    ops = {f"{app.name}_{stage}": stage for stage in stages_of(app, Job.INTEGRATE, "", makes_image=True)}
    if job is Job.STAGE:
        return {f"{app.name}_{environment}_{name}": STAGE for name in ("stage", "stage_pull")}
    if environment:
        stage = deploy_stage(app, environment)
        ops |= {f"{app.name}_{environment}_{name}": stage for name in ("deploy", "rollback", "record")}
    return ops
