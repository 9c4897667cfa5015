"""How records of deployments stand on GitHub."""

from typing import Any

import pytest

from pipeline_defs.github.reports.deployment_states import deployments
from pipeline_defs.github.reports.report_items import DeploymentState
from pipeline_defs.github.reports.shipped_changes import is_new_version, is_shipment
from pipeline_defs.lineage.runs.run_facts import Phase, RunFacts
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from pipeline_defs.release.request import Job
from tests.unit import sample

BEFORE = sample.release("1.4.1", commit="b" * 40)


def row(outcome: Outcome, kind: DeploymentKind = DeploymentKind.DEPLOY, **more: Any) -> Deployment:
    """A deployment of 1.4.2, before which 1.4.1 ran."""
    known: dict[str, Any] = {
        "id": "20260131T120000Z-1a2b3c4d",
        "kind": kind,
        "release": sample.release(),
        "environment": "production",
        "outcome": outcome,
        "started": "2026-01-31T12:00:00+00:00",
        "seconds": 8.5,
        "previous": BEFORE,
        "run": "run-1",
    }
    return Deployment.model_validate(known | more)


def told(deployment: Deployment, phase: Phase) -> DeploymentState:
    """How it stands."""
    facts = RunFacts("run-1", Job.DEPLOY, phase, {}, (), deployments=(deployment,))
    (found,) = deployments(sample.example(), facts, "https://shipline.example.org/runs/run-1")
    return found


@pytest.mark.parametrize(
    ("outcome", "phase", "state", "description"),
    [
        (Outcome.STARTED, Phase.RUNNING, "in_progress", "1.4.2 is coming"),
        (Outcome.STARTED, Phase.CANCELLED, "error", "interrupted: its run ended before it was done"),
        (Outcome.SUCCEEDED, Phase.RUNNING, "success", "1.4.2 runs after 8.5 s"),
        (Outcome.FAILED, Phase.FAILED, "failure", "failed: no room on the disk"),
        (Outcome.ROLLED_BACK, Phase.FAILED, "failure", "rolled back to 1.4.1: no room on the disk"),
    ],
)
def test_every_outcome_has_a_state(outcome: Outcome, phase: Phase, state: str, description: str) -> None:
    error = "no room on the disk" if state == "failure" else None
    found = told(row(outcome, error=error), phase)
    assert (found.state, found.description) == (state, description)


@pytest.mark.parametrize(
    ("waits_for", "state", "description"),
    [
        ("freeze", "queued", "waits for the freeze to end at Mon 2026-02-02 07:00 GMT"),
        ("nothing", "inactive", "a later run answers it"),
    ],
)
def test_what_a_freeze_has_held_back_is_queued_until_a_later_run_answers_it(
    waits_for: str, state: str, description: str
) -> None:
    held = row(Outcome.FROZEN, error="waits for the freeze to end at Mon 2026-02-02 07:00 GMT")
    facts = RunFacts("run-1", Job.DEPLOY, Phase.SUCCEEDED, {"waits_for": waits_for}, (), deployments=(held,))
    (found,) = deployments(sample.example(), facts, "")
    assert (found.state, found.description) == (state, description)


def test_a_deployment_leads_to_what_runs_and_to_its_run() -> None:
    app, found = sample.example(), told(row(Outcome.SUCCEEDED), Phase.SUCCEEDED)
    assert found.environment_url == app.environments["production"].url
    assert found.log_url == "https://shipline.example.org/runs/run-1"
    assert dict(found.payload)["digest"] == sample.release().digest
    assert told(row(Outcome.STARTED), Phase.RUNNING).environment_url == ""


def test_a_rollback_is_a_deployment_of_what_it_brings_back() -> None:
    found = told(row(Outcome.SUCCEEDED, DeploymentKind.ROLLBACK), Phase.SUCCEEDED)
    assert (found.description, found.subject) == ("1.4.2 runs again after 8.5 s", "rollback of 1.4.2")


@pytest.mark.parametrize(
    ("deployment", "shipped"),
    [
        (row(Outcome.SUCCEEDED, previous=BEFORE), True),
        (row(Outcome.SUCCEEDED, previous=None), True),
        (row(Outcome.STARTED), False),
        (row(Outcome.ROLLED_BACK), False),
        (row(Outcome.SUCCEEDED, DeploymentKind.ROLLBACK), False),
        (row(Outcome.SUCCEEDED, previous=sample.release()), False),
        (row(Outcome.SUCCEEDED, environment="elsewhere"), False),
    ],
)
def test_only_something_new_in_production_is_a_release(deployment: Deployment, shipped: bool) -> None:
    assert is_shipment(sample.example(), deployment) == shipped


def test_one_image_that_is_promoted_for_another_commit_is_no_new_version() -> None:
    assert is_new_version(row(Outcome.SUCCEEDED))
    assert not is_new_version(row(Outcome.SUCCEEDED, previous=sample.release(commit="b" * 40)))
