"""GitHub shows how it went: real runs in a real storage, a sensor that compares, and GitHub as it is on bad days."""

from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.github.reports.reporter import MOST_TAKEN_UP
from pipeline_defs.lineage.events import TEST_COUNTS, evidence_metadata
from pipeline_defs.lineage.runs.run_facts import IMAGE_STAGES
from pipeline_defs.release.github_cursor import PullState, SeenPull
from tests.integration.reported import (
    COUNTS,
    FAILED,
    REPOSITORY,
    Reported,
    change,
    fails,
    integrates,
    nothing,
    pushes,
    rehearses,
    release,
)
from tests.testbed.github import GitHubServer


def test_a_check_is_pending_while_it_runs_and_then_green(reported: Reported, head: str) -> None:
    seen = []

    def test(context: dg.OpExecutionContext) -> None:
        reported.look()
        seen.append(reported.statuses(head))

    run = reported.run(reported.job("integrate", integrates(head, test=test), **change(head, 1)))
    reported.look()
    assert {stage: state for stage, (state, _) in seen[0].items()} == {
        "lint": "success",
        "build": "success",
        "test": "pending",
        "push": "pending",
    }
    assert seen[0]["test"] == ("pending", "running")
    assert seen[0]["push"] == ("pending", "queued")
    assert reported.statuses(head)["test"] == ("success", str(COUNTS))
    assert {state for state, _ in reported.statuses(head).values()} == {"success"}
    newest = reported.github.statuses(REPOSITORY, head)[-1]
    assert newest["target_url"] == f"https://shipline.example.org/runs/{run}"


def test_what_does_not_run_because_of_a_failure_is_not_left_pending(reported: Reported, head: str) -> None:
    failing = fails(f"the tests failed: {FAILED}: test_cart", FAILED)
    reported.run(reported.job("integrate", integrates(head, test=failing), **change(head, 1)))
    reported.look()
    told = reported.statuses(head)
    assert told["test"] == ("failure", "the tests failed: 11 passed, 1 failed in 3.1 s: test_cart")
    assert told["push"] == ("error", "not run: test failed")


def test_a_run_that_waits_is_queued_and_given_up_for_a_newer_one_says_so(reported: Reported, head: str) -> None:
    job = reported.job("integrate", integrates(head), **change(head, 1))
    run = reported.instance.create_run_for_job(job, tags=job.tags)
    reported.look()
    assert set(reported.statuses(head).values()) == {("pending", "queued")}
    reported.github.reset_requests()
    reported.look()
    assert reported.github.requests()["total"] == 0
    reported.instance.add_run_tags(run.run_id, {"superseded_by": "beef" * 10})
    reported.instance.report_run_canceled(run)
    reported.look()
    assert set(reported.statuses(head).values()) == {("error", "superseded by beefbee")}


def test_an_idle_look_costs_no_call(reported: Reported, head: str) -> None:
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    reported.look()
    reported.github.reset_requests()
    assert [reported.look() for _ in range(3)] == ["nothing new"] * 3
    assert reported.github.requests()["total"] == 0
    assert not reported.memory.runs


def test_what_follows_in_a_run_of_its_own_is_told_by_that_run(reported: Reported, head: str) -> None:
    reported.run(reported.job("integrate", integrates(head), then="stage", **change(head)))
    reported.look()
    assert reported.statuses(head)["stage"] == ("pending", "follows")
    what = release(head, "1.1.0")
    reported.run(reported.job("stage", {"staging_stage": rehearses(what)}, environment="staging", **change(head)))
    reported.look()
    assert reported.statuses(head)["stage"] == ("success", f"1.1.0 rehearsed in 61.2 s: {COUNTS}")
    reported.look()
    assert not reported.memory.runs
    assert reported.states(head, "stage") == ["pending", "success"]


def test_the_commit_with_the_version_has_the_statuses_too(reported: Reported, head: str) -> None:
    versioned = reported.github.commit(REPOSITORY, {"version.txt": "1.0.1\n"}, branch="fix")
    ops = integrates(head, push=pushes(versioned))
    reported.run(reported.job("integrate", ops, **change(head, 1)))
    reported.look()
    assert set(reported.statuses(head)) == {"lint", "build", "test", "push"}
    assert reported.statuses(head) == reported.statuses(versioned)


def test_of_two_runs_for_one_head_the_newer_one_is_heard(reported: Reported, head: str) -> None:
    job = reported.job("integrate", integrates(head, lint=fails("lint failed")), **change(head, 1))
    older = reported.instance.create_run_for_job(job, tags=job.tags)
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    reported.instance.report_run_canceled(older)
    reported.look()
    assert {state for state, _ in reported.statuses(head).values()} == {"success"}


def test_github_that_is_down_is_told_later_and_once(reported: Reported, head: str) -> None:
    reported.github.fail("before", times=None)
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    reported.look()
    assert reported.statuses(head) == {}
    assert reported.look().startswith("GitHub is asked again in")
    reported.github.clear_faults()
    reported.wait_is_over()
    reported.look()
    assert {state for state, _ in reported.statuses(head).values()} == {"success"}
    assert reported.states(head, "lint") == ["success"]


def test_a_fault_after_the_deed_doubles_nothing(reported: Reported, head: str) -> None:
    reported.github.fail("after", "POST", times=None, probability=0.5)
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    for _ in range(12):
        reported.wait_is_over()
        reported.look()
    reported.github.clear_faults()
    reported.wait_is_over()
    reported.look()
    assert {stage: reported.states(head, stage) for stage in ("lint", "build", "test", "push")} == {
        stage: ["success"] for stage in ("lint", "build", "test", "push")
    }
    assert len(reported.github.comments(REPOSITORY, 1)) == 1
    assert not reported.memory.runs


def test_a_comment_at_which_github_always_breaks_keeps_nothing_else_back(reported: Reported, head: str) -> None:
    reported.github.fail("before", path="/issues/1/comments", times=None)
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    assert "comment on #1: GitHub" in reported.look()
    assert {state for state, _ in reported.statuses(head).values()} == {"success"}
    reported.github.reset_requests()
    assert reported.look() == "nothing new"
    assert reported.github.requests()["total"] == 0
    reported.github.clear_faults()
    reported.wait_is_over()
    reported.look()
    assert len(reported.github.comments(REPOSITORY, 1)) == 1
    assert not reported.memory.runs


def test_one_comment_is_edited(reported: Reported, head: str) -> None:
    failing = fails("the tests failed", FAILED)
    reported.run(reported.job("integrate", integrates(head, test=failing), **change(head, 1)))
    reported.look()
    (first,) = reported.github.comments(REPOSITORY, 1)
    assert "test_cart" in first["body"]
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    reported.look()
    (second,) = reported.github.comments(REPOSITORY, 1)
    assert second["id"] == first["id"]
    assert f"127.0.0.1:9/team/shop@sha256:{'ab' * 32}" in second["body"]


def test_everything_switched_off_is_nothing(
    tmp_path: Path, instance: dg.DagsterInstance, github: GitHubServer, head: str
) -> None:
    reported = Reported(tmp_path, instance, github, report="false")
    github.reset_requests()
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    assert reported.look() == "nothing new"
    assert github.requests()["total"] == 0
    assert not reported.memory.runs


def test_a_permission_that_is_missing_keeps_only_its_kind_back(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    github: GitHubServer,
    head: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = github.create_token("shipline", {"contents": "read", "statuses": "read", "pull_requests": "write"})
    monkeypatch.setenv("SHIPLINE_TEST_TOKEN", few)
    reported = Reported(tmp_path, instance, github)
    reported.run(reported.job("integrate", integrates(head), **change(head, 1)))
    assert "statuses: write" in reported.look()
    assert reported.statuses(head) == {}
    assert len(github.comments(REPOSITORY, 1)) == 1
    enough = github.create_token("shipline", {"contents": "read", "statuses": "write", "pull_requests": "write"})
    monkeypatch.setenv("SHIPLINE_TEST_TOKEN", enough)
    reported.wait_is_over()
    reported.look()
    assert {state for state, _ in reported.statuses(head).values()} == {"success"}


def test_a_run_that_no_change_asked_for_is_nobodys_status(reported: Reported, head: str) -> None:
    reported.run(reported.job("integrate", integrates(head)))
    reported.look()
    assert reported.statuses(head) == {}
    assert not reported.memory.runs


def test_many_runs_are_told_in_portions(reported: Reported, head: str, tmp_path: Path) -> None:
    quiet = Reported(tmp_path, reported.instance, reported.github, "{statuses: false, comments: false}")
    for number in range(25):
        job = quiet.job("integrate", {"lint": nothing}, **change(f"{number:040x}"))
        reported.instance.create_run_for_job(job, tags=job.tags)
    quiet.look()
    assert len(quiet.memory.runs) == MOST_TAKEN_UP
    quiet.look()
    assert len(quiet.memory.runs) == 25
    assert all(attended.asleep for attended in quiet.memory.runs.values())


@pytest.mark.parametrize(
    ("stand", "said"),
    [
        (PullState.WAITING, "waits for a person with write permission: /shipline test"),
        (PullState.DRAFT, "skipped because it is a draft; runs when it is ready for review"),
    ],
)
def test_a_commit_that_is_not_checked_yet_says_why_until_its_run_begins(
    reported: Reported, head: str, stand: PullState, said: str
) -> None:
    reported.notice(SeenPull(head=head, base="main", at="", seen="", stand=stand))
    reported.look()
    assert reported.statuses(head) == dict.fromkeys(IMAGE_STAGES, ("pending", said))
    reported.github.reset_requests()
    reported.look()
    assert reported.github.requests()["total"] == 0
    reported.notice(SeenPull(head=head, base="main", at="", seen="", stand=PullState.ANSWERED))
    reported.run(reported.job("integrate", integrates(head), **change(head, 1, untrusted="yes")))
    reported.look()
    assert reported.states(head, "lint") == ["pending", "success"]
    assert not reported.memory.waiting


def test_a_draft_says_nothing_at_a_commit_that_another_pull_request_has_had_checked(
    reported: Reported, head: str
) -> None:
    draft, ready = (
        SeenPull(head=head, base="main", at="", seen="", stand=stand) for stand in (PullState.DRAFT, PullState.ANSWERED)
    )
    reported.notice(draft, ready)
    reported.look()
    assert reported.statuses(head) == {}


def test_of_a_fork_what_ran_is_told_and_nothing_stays_open(reported: Reported, head: str) -> None:
    def test(context: dg.OpExecutionContext) -> None:
        context.add_output_metadata(evidence_metadata({TEST_COUNTS: COUNTS}))

    ops = {"lint": nothing, "build": nothing, "test": test}
    reported.run(reported.job("integrate", ops, **change(head, 1, untrusted="yes")))
    reported.look()
    assert reported.statuses(head)["test"] == ("success", str(COUNTS))
    assert reported.statuses(head)["push"] == ("success", "skipped: no image is kept before the merge")
