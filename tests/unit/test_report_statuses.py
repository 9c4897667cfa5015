"""Which statuses a run gives its commits: nothing is left pending once it is over, and each says why."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App
from pipeline_defs.github.api.github_statuses import LONGEST_DESCRIPTION
from pipeline_defs.github.reports.commit_statuses import FOLLOWS_SECONDS, statuses
from pipeline_defs.github.reports.waiting_statuses import waiting
from pipeline_defs.lineage.runs.run_facts import IMAGE_STAGES, STAGE, Ending, Phase, RunFacts, Step, stages_of
from pipeline_defs.release.evidence import LintCounts, StepTiming, TestCounts
from pipeline_defs.release.github_cursor import WHY, PullState
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome
from pipeline_defs.release.request import Job
from tests.unit import sample

HEAD, VERSIONED = "a" * 40, "b" * 40
COUNTS = TestCounts(tests=12, seconds=3.1)
DONE = Step(100.0, 102.5, Ending.SUCCEEDED)
FAILED = Step(100.0, 102.5, Ending.FAILED, "flake8 found 1 error (F821), shown in the log")


def facts(
    phase: Phase, steps: Mapping[str, Step] | None = None, tags: Mapping[str, str] | None = None, **more: Any
) -> RunFacts:
    """A run for the head of a pull request."""
    known: dict[str, Any] = {"job": Job.INTEGRATE, "stages": IMAGE_STAGES, **more}
    of_change = {"change": "pull:shop:12", "head": HEAD, "pull_request": "12", **(tags or {})}
    return RunFacts(run="run-1", phase=phase, tags=of_change, steps=steps or {}, **known)


def image(**more: Any) -> Image:
    """The image of the head."""
    given_ = {
        "app": "shop",
        "repository": "registry.example.org/team/shop",
        "digest": f"sha256:{'cd' * 32}",
        "version": "1.4.2",
        "commit": HEAD,
        "branch": "development",
        "tree": "e" * 64,
        "built_from": HEAD,
        **more,
    }
    return Image.model_validate(given_)


def told(run: RunFacts, app: App | None = None, now: float = 200.0) -> dict[str, tuple[str, str]]:
    """{stage: (state, description)} for the head."""
    found = statuses(app or sample.example(), run, "", now)
    return {each.context.rpartition("/")[2]: (each.state, each.description) for each in found if each.sha == HEAD}


def test_a_run_in_the_queue_is_pending_everywhere() -> None:
    assert told(facts(Phase.WAITING)) == dict.fromkeys(IMAGE_STAGES, ("pending", "queued"))


def test_the_stage_that_runs_says_so() -> None:
    run = facts(Phase.RUNNING, {"lint": DONE, "build": Step(103.0)})
    assert told(run)["build"] == ("pending", "running")
    assert told(run)["test"] == ("pending", "queued")


def test_a_failure_is_told_in_its_own_words_and_the_rest_does_not_run() -> None:
    run = facts(Phase.RUNNING, {"lint": FAILED})
    assert told(run) == {
        "lint": ("failure", FAILED.sentence),
        **dict.fromkeys(("build", "test", "push"), ("error", "not run: lint failed")),
    }


def test_an_error_that_nobody_expected_keeps_its_text_for_the_log() -> None:
    run = facts(Phase.FAILED, {"lint": Step(1.0, 2.0, Ending.BROKEN)})
    assert told(run)["lint"] == ("error", "broke after 1.0 s: see the run's log")


@pytest.mark.parametrize(
    ("tags", "description"),
    [
        ({}, "cancelled"),
        ({"superseded_by": "d" * 40}, "superseded by ddddddd"),
        ({"superseded_by": f"run {'d' * 36}"}, "superseded by run dddddddd"),
        ({"superseded_by": "closed"}, "its pull request was closed"),
    ],
)
def test_a_cancelled_run_says_whether_a_newer_one_took_its_place(tags: dict[str, str], description: str) -> None:
    run = facts(Phase.CANCELLED, {"lint": DONE, "build": Step(103.0)}, tags)
    assert told(run)["lint"][0] == "success"
    assert {told(run)[stage] for stage in ("build", "test", "push")} == {("error", description)}


def test_a_run_that_died_says_where() -> None:
    run = facts(Phase.FAILED, {"lint": DONE, "build": Step(103.0)})
    assert told(run)["build"] == ("error", "interrupted: its run ended before it was done")
    assert told(run)["test"] == ("error", "not run: the run ended before it")


def test_counts_are_told() -> None:
    steps = dict.fromkeys(IMAGE_STAGES, DONE)
    run = facts(Phase.SUCCEEDED, steps, image=image(), lint=LintCounts(command="flake8", warnings=3), tests=COUNTS)
    assert told(run) == {
        "lint": ("success", "0 errors, 3 warnings in 2.5 s"),
        "build": ("success", "built in 2.5 s"),
        "test": ("success", "12 passed in 3.1 s"),
        "push": ("success", "1.4.2 as sha256:cdcdcdcdcdcd in 2.5 s"),
    }


def test_what_was_built_and_tested_before_is_skipped() -> None:
    reused = image(built_from="9" * 40, steps=(StepTiming(step="test", seconds=0, outcome="reused"),))
    run = facts(Phase.SUCCEEDED, dict.fromkeys(IMAGE_STAGES, DONE), image=reused, tests=COUNTS)
    assert told(run)["build"] == ("success", "skipped: built before")
    assert told(run)["test"] == ("success", "skipped: tested before: 12 passed in 3.1 s")


def test_an_app_without_tests_has_a_green_test() -> None:
    app = sample.example().model_copy(update={"test": None})
    run = facts(Phase.SUCCEEDED, dict.fromkeys(IMAGE_STAGES, DONE), image=image())
    assert told(run, app)["test"] == ("success", "skipped: no tests configured")


def test_of_a_fork_nothing_is_pushed_and_that_is_no_failure() -> None:
    run = facts(Phase.SUCCEEDED, dict.fromkeys(("lint", "build", "test"), DONE), {"untrusted": "yes"})
    assert told(run)["push"] == ("success", "skipped: no image is kept before the merge")


def test_a_version_commit_on_top_of_the_head_has_the_statuses_too() -> None:
    run = facts(Phase.SUCCEEDED, dict.fromkeys(IMAGE_STAGES, DONE), image=image(commit=VERSIONED))
    assert {each.sha for each in statuses(sample.example(), run, "", 0)} == {HEAD, VERSIONED}


@pytest.mark.parametrize(
    ("phase", "ended", "answer"),
    [
        (Phase.RUNNING, 0, ("pending", "queued")),
        (Phase.SUCCEEDED, 199.0, ("pending", "follows")),
        (Phase.SUCCEEDED, 199.0 - FOLLOWS_SECONDS, ("error", "not run: nothing started it")),
        (Phase.FAILED, 199.0, ("error", "not run: the run before it failed")),
        (Phase.CANCELLED, 199.0, ("error", "not run: the run before it was cancelled")),
    ],
)
def test_a_stage_that_follows_is_not_waited_for_for_ever(phase: Phase, ended: float, answer: tuple[str, str]) -> None:
    assert told(facts(phase, follows=STAGE, ended=ended))[STAGE] == answer


def test_a_run_that_no_change_asked_for_has_no_status() -> None:
    assert not list(statuses(sample.example(), facts(Phase.RUNNING, tags={"head": ""}), "", 0))


@pytest.mark.parametrize("stand", WHY)
def test_a_commit_that_waits_says_what_for(stand: PullState) -> None:
    told = waiting(sample.example(), HEAD, stand)
    assert {(each.state, each.description) for each in told} == {("pending", WHY[stand])}
    assert all(len(why) <= LONGEST_DESCRIPTION for why in WHY.values())


_STEPS = st.builds(Step, st.just(1.0), st.sampled_from([0.0, 2.0]), st.sampled_from(Ending))


@given(
    phase=st.sampled_from([phase for phase in Phase if phase.over]),
    steps=st.dictionaries(st.sampled_from(IMAGE_STAGES), _STEPS),
    tags=st.dictionaries(st.sampled_from(["superseded_by", "untrusted"]), st.just("c" * 40)),
)
def test_once_a_run_is_over_nothing_of_it_is_pending(
    phase: Phase, steps: dict[str, Step], tags: dict[str, str]
) -> None:
    answers = told(facts(phase, steps, tags, follows=STAGE, ended=1.0), now=2.0 + FOLLOWS_SECONDS)
    assert set(answers) == {*IMAGE_STAGES, STAGE}
    assert "pending" not in {state for state, _ in answers.values()}
    assert all(description for _, description in answers.values())


def test_a_job_is_for_its_stages() -> None:
    app = sample.example()
    assert stages_of(app, Job.INTEGRATE, "", makes_image=True) == IMAGE_STAGES
    assert stages_of(app, Job.STAGE, "staging", makes_image=False) == ("stage",)
    assert stages_of(app, Job.DEPLOY, "production", makes_image=True) == (*IMAGE_STAGES, "deploy")
    assert stages_of(app, Job.DEPLOY, "production", makes_image=False) == ("deploy",)
    assert stages_of(app, Job.ROLLBACK, "production", makes_image=True) == ("deploy",)


def test_a_deployment_that_a_freeze_has_held_back_is_waited_for_until_something_overtakes_it() -> None:
    row = Deployment(
        id="1",
        kind=DeploymentKind.DEPLOY,
        release=sample.release(),
        environment="production",
        outcome=Outcome.FROZEN,
        started="2026-05-04T12:00:00+00:00",
        frozen_until="2026-05-04T13:00:00+00:00",
        error="waits for the freeze to end at Mon 2026-05-04 14:00 BST",
    )
    steps = dict.fromkeys((*IMAGE_STAGES, "deploy"), DONE)
    more: dict[str, Any] = {
        "job": Job.DEPLOY,
        "stages": (*IMAGE_STAGES, "deploy"),
        "image": image(),
        "deployments": (row,),
    }
    waits_for = {"waits_for": "freeze"}
    assert told(facts(Phase.SUCCEEDED, steps, waits_for, **more))["deploy"] == ("pending", row.error)
    assert told(facts(Phase.SUCCEEDED, steps, waits_for, **more))["push"][0] == "success"
    overtaken = ("error", "overtaken while it waited")
    assert told(facts(Phase.SUCCEEDED, steps, {"waits_for": "nothing"}, **more))["deploy"] == overtaken
