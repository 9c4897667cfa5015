"""What a run has to tell people: one notice at most, in the words of its records; and text from outside calls nobody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, SecretSource
from pipeline_defs.config.notification_settings import Notify
from pipeline_defs.lineage.runs.run_facts import Ending, Phase, RunFacts, Step
from pipeline_defs.notifications.notification import Level, Notification, first_sentence, tame
from pipeline_defs.notifications.run_notifications import INTERRUPTED, notification_of
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from pipeline_defs.release.request import Job
from tests.unit import sample

APP: App = sample.example()
NEW, OLD = sample.release("1.4.2"), sample.release("1.4.1")


def row(outcome: Outcome, kind: DeploymentKind = DeploymentKind.DEPLOY, **more: Any) -> Deployment:
    """A record of production."""
    given_ = {
        "id": f"2026{kind.value}",
        "kind": kind,
        "release": NEW if kind is DeploymentKind.DEPLOY else OLD,
        "previous": OLD if kind is DeploymentKind.DEPLOY else NEW,
        "environment": "production",
        "outcome": outcome,
        "started": "2026-01-31T12:00:00+00:00",
        "seconds": 41.2,
        "actor": "anna@laptop",
        "reason": "the spring release",
        **more,
    }
    return Deployment.model_validate(given_)


BACK = row(Outcome.SUCCEEDED, DeploymentKind.ROLLBACK)
LOST = row(Outcome.ROLLED_BACK, error="the tests failed", failed_after_change=True)


def told(
    *rows: Deployment, phase: Phase = Phase.SUCCEEDED, job: Job = Job.DEPLOY, tags: Any = None, **more: Any
) -> Notification | None:
    """The notice of a run with these records."""
    facts = RunFacts("run-1", job, phase, tags or {"environment": "production"}, (), deployments=rows, **more)
    return notification_of(APP, facts, "https://shipline.example.org/runs/run-1")


@pytest.mark.parametrize(
    ("rows", "phase", "happenings", "title"),
    [
        ([row(Outcome.SUCCEEDED)], Phase.SUCCEEDED, ("deployed",), "1.4.2 runs"),
        ([row(Outcome.SUCCEEDED, failed_hooks=("the CDN is away",))], Phase.FAILED, ("deployed",), "1.4.2 runs"),
        ([BACK], Phase.SUCCEEDED, ("rolled_back",), "1.4.1 runs again"),
        ([LOST, BACK], Phase.FAILED, ("rolled_back", "quarantined"), "1.4.2 failed, 1.4.1 runs again"),
        ([row(Outcome.FAILED, error="no room")], Phase.FAILED, ("failed",), "1.4.2 failed"),
        ([row(Outcome.STARTED)], Phase.FAILED, ("failed",), "1.4.2 failed"),
        (
            [row(Outcome.FAILED, DeploymentKind.ROLLBACK)],
            Phase.FAILED,
            ("failed",),
            "1.4.1 could not be brought back",
        ),
        ([row(Outcome.FROZEN, error="waits until Monday")], Phase.SUCCEEDED, ("waits",), "1.4.2 waits"),
    ],
)
def test_a_deployment_is_told_as_it_ended(
    rows: list[Deployment], phase: Phase, happenings: tuple[str, ...], title: str
) -> None:
    notice = told(*rows, phase=phase)
    assert notice is not None
    assert notice.happenings == happenings
    assert notice.title == f"shop production: {title}"
    assert notice.environment == "production"


def test_the_lines_are_the_facts_that_matter() -> None:
    notice = told(LOST, BACK, phase=Phase.FAILED)
    assert notice is not None and notice.level is Level.BAD
    known = dict(notice.lines)
    assert known["version"] == "1.4.1 -> 1.4.2 -> 1.4.1"
    assert known["took"] == "41.2 s"
    assert known["error"] == "the tests failed"
    assert "1.4.2 is not deployed there again" in known["quarantine"]
    assert known["run"] == "https://shipline.example.org/runs/run-1"


def test_a_run_that_died_says_so() -> None:
    notice = told(row(Outcome.STARTED), phase=Phase.FAILED)
    assert notice is not None and dict(notice.lines)["error"] == INTERRUPTED
    nothing = told(phase=Phase.FAILED)
    assert nothing is not None and dict(nothing.lines)["error"] == INTERRUPTED


@pytest.mark.parametrize(
    ("phase", "job", "tags"),
    [
        (Phase.WAITING, Job.DEPLOY, {}),
        (Phase.RUNNING, Job.DEPLOY, {}),
        (Phase.CANCELLED, Job.DEPLOY, {}),
        (Phase.SUCCEEDED, Job.STAGE, {}),
        (Phase.FAILED, Job.INTEGRATE, {"pull_request": "7"}),
        (Phase.FAILED, Job.DEPLOY, {"superseded_by": "a" * 40}),
        (Phase.FAILED, Job.STAGE, {"dagster/will_retry": "true"}),
    ],
)
def test_nobody_is_told_of_what_nobody_needs_to_know(phase: Phase, job: Job, tags: dict[str, str]) -> None:
    assert told(phase=phase, job=job, tags=tags) is None


def test_what_has_overtaken_a_waiting_one_is_told_by_itself() -> None:
    tags = {"environment": "production", "waits_for": "nothing"}
    assert told(row(Outcome.FROZEN, error="waits"), tags=tags) is None


def test_an_error_that_nobody_expected_stays_in_the_log() -> None:
    steps = {"lint": Step(1.0, 2.0, Ending.SUCCEEDED), "build": Step(2.0, 3.0, Ending.BROKEN)}
    notice = told(phase=Phase.FAILED, job=Job.INTEGRATE, tags={"branch": "development"}, steps=steps)
    assert notice is not None
    assert notice.title == "shop development: the image failed"
    assert dict(notice.lines)["error"] == "build broke: see the run's log"


def test_people_are_told_of_what_they_asked_for() -> None:
    to = SecretSource(env="CHAT")
    notice = told(LOST, BACK, phase=Phase.FAILED)
    assert notice is not None
    assert notice.is_for(Notify(to=to))
    assert notice.is_for(Notify(to=to, on=("quarantined",), environments=("production",)))
    assert not notice.is_for(Notify(to=to, on=("deployed",)))
    assert not notice.is_for(Notify(to=to, environments=("staging",)))


@given(st.text())
def test_text_from_outside_is_one_line_that_calls_nobody(text: str) -> None:
    said = tame(f"{text}@here <!channel> @{text}")
    assert "\n" not in said and "@here" not in said and "<!" not in said
    assert said.isprintable() or "\u200b" in said
    assert len(said) < 2000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("the tests failed", "the tests failed"),
        ("The tests failed. See the log.", "The tests failed."),
        ("version 1.4.2 is older: a.example.org runs 1.4.3\nmore", "version 1.4.2 is older: a.example.org runs 1.4.3"),
        ("", ""),
    ],
)
def test_of_an_error_the_first_sentence_is_told(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
