"""Deployments on GitHub: one for each record, whatever becomes of it; releases and word to those concerned, once."""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.release.records import DeploymentKind, Release
from tests.integration.reported import (
    REPOSITORY,
    Act,
    Deploys,
    Reported,
    change,
    fails,
    integrates,
    nothing,
    pushes,
    release,
)


def deploy(reported: Reported, ops: Mapping[str, Act], of_commit: str = "", job: str = "deploy", **tags: str) -> str:
    """A run that changes production; for a change with a head, which makes its image too."""
    everything = {**integrates(of_commit), **ops} if of_commit else ops
    of_change = change(of_commit, **tags) if of_commit else tags
    return reported.run(reported.job(job, everything, environment="production", **of_change))


def shipped(reported: Reported) -> tuple[Release, Release]:
    """1.0.0 runs in production, and since then a pull request was merged that fixes issue 2; both releases."""
    github = reported.github
    before = release(github.head(REPOSITORY) or "", "1.0.0")
    deploy(reported, Deploys(before).ops)
    reported.look()
    issue = reported.post("issues", title="The cart loses things")["number"]
    github.commit(REPOSITORY, {"cart.txt": "fixed"}, branch="cart", by="dora")
    pull = github.create_pull(REPOSITORY, "cart", title="Keep the cart", body=f"Fixes #{issue}", by="dora")
    return before, release(github.merge(REPOSITORY, pull, method="squash"), "1.1.0")


def test_a_deployment_is_in_progress_and_then_a_success_that_replaces_the_one_before(
    reported: Reported, head: str
) -> None:
    before = release(head, "1.0.0")
    deploy(reported, Deploys(before).ops)
    reported.look()
    deploys = Deploys(release(reported.github.commit(REPOSITORY, {"b": "b"}), "1.1.0"), before)

    def begin(context: dg.OpExecutionContext) -> None:
        deploys.begin(context)
        reported.look()

    main = deploys.what.commit
    run = deploy(reported, {**deploys.ops, "production_deploy": begin}, main)
    reported.look()
    reported.look()
    assert reported.deployments() == [
        (head, "deploy of 1.0.0: tests", ["success", "inactive"]),
        (main, "deploy of 1.1.0: tests", ["in_progress", "success"]),
    ]
    newest = reported.get("deployments")[0]
    status = reported.get(f"deployments/{newest['id']}/statuses")[0]
    assert newest["production_environment"] is True
    assert status["environment_url"] == "https://shop.example.org"
    assert status["log_url"] == f"https://shipline.example.org/runs/{run}"
    assert reported.states(main, "deploy") == ["pending", "success"]
    assert not reported.memory.runs


def test_a_deployment_is_queued_while_its_run_waits_and_is_the_same_one_afterwards(
    reported: Reported, head: str
) -> None:
    deploys = Deploys(release(head, "1.0.0"))
    job = reported.job("deploy", {**integrates(head), **deploys.ops}, environment="production", **change(head))
    run = reported.queue(job)
    reported.look()
    reported.look()
    assert reported.deployments() == [(head, f"deploy of {head[:12]}", ["queued"])]
    reported.go_on(job, run)
    reported.look()
    assert reported.deployments() == [(head, f"deploy of {head[:12]}", ["queued", "success"])]
    assert not reported.memory.runs


def test_a_queued_deployment_that_is_given_up_is_inactive(reported: Reported, head: str) -> None:
    job = reported.job("deploy", integrates(head), environment="production", **change(head))
    run = reported.queue(job)
    reported.look()
    reported.instance.add_run_tags(run.run_id, {"superseded_by": "beef" * 10})
    reported.instance.report_run_canceled(run)
    reported.look()
    assert reported.deployments() == [(head, f"deploy of {head[:12]}", ["queued", "inactive"])]


def test_a_queued_deployment_whose_build_fails_is_a_failure(reported: Reported, head: str) -> None:
    ops = integrates(head, build=fails("the Dockerfile is wrong"))
    job = reported.job("deploy", ops, environment="production", **change(head))
    run = reported.queue(job)
    reported.look()
    reported.go_on(job, run)
    reported.look()
    assert reported.deployments() == [(head, f"deploy of {head[:12]}", ["queued", "failure"])]


def test_a_deployment_whose_commit_got_a_version_goes_on_as_that_commit(reported: Reported, head: str) -> None:
    versioned = reported.github.commit(REPOSITORY, {"version.txt": "1.1.0\n"}, branch="fix")
    deploys = Deploys(release(versioned, "1.1.0"))
    ops = {**integrates(head, push=pushes(versioned)), **deploys.ops}
    job = reported.job("deploy", ops, environment="production", **change(head))
    run = reported.queue(job)
    reported.look()
    reported.go_on(job, run)
    reported.look()
    assert [(sha, states) for sha, _, states in reported.deployments()] == [
        (head, ["queued", "inactive"]),
        (versioned, ["success"]),
    ]


def test_a_deployment_that_is_rolled_back_is_a_failure_and_the_rollback_a_deployment(
    reported: Reported, head: str
) -> None:
    before = release(head, "1.0.0")
    deploy(reported, Deploys(before).ops)
    reported.look()
    main = reported.github.commit(REPOSITORY, {"b": "b"})
    broken = Deploys(release(main, "1.1.0"), before)
    ops = {"production_deploy": broken.begin, "production_rollback": nothing, "production_record": broken.undo}
    deploy(reported, ops, main)
    reported.look()
    assert reported.deployments() == [
        (head, "deploy of 1.0.0: tests", ["success", "inactive"]),
        (main, "deploy of 1.1.0: tests", ["failure"]),
        (head, "rollback of 1.0.0: tests", ["success"]),
    ]
    state, description = reported.statuses(main)["deploy"]
    assert state == "failure"
    assert description.startswith("the deployment of 1.1.0 failed and was rolled back, 1.0.0 runs again")
    assert [each["tag_name"] for each in reported.get("releases")] == ["v1.0.0"]


def test_a_deployment_that_was_interrupted_is_answered_by_the_run_that_goes_back(reported: Reported, head: str) -> None:
    before = release(head, "1.0.0")
    deploy(reported, Deploys(before).ops)
    main = reported.github.commit(REPOSITORY, {"b": "b"})
    broken = Deploys(release(main, "1.1.0"), before)

    def dies(context: dg.OpExecutionContext) -> None:
        broken.begin(context)
        raise KeyError("something secret")

    deploy(reported, {"production_deploy": dies}, main)
    reported.look()
    assert reported.statuses(main)["deploy"][0] == "error"
    assert "secret" not in str(reported.statuses(main))
    assert reported.deployments()[-1][2] == ["error"]
    ops = {"production_deploy": nothing, "production_rollback": nothing, "production_record": broken.undo}
    deploy(reported, ops, "", "rollback", **change(main))
    reported.look()
    assert [states for _, _, states in reported.deployments()] == [
        ["success", "inactive"],
        ["error", "failure"],
        ["success"],
    ]
    assert reported.states(main, "deploy") == ["error", "failure"]


def test_a_deployment_is_a_release_with_its_changes_and_those_concerned_are_told_once(
    reported: Reported, head: str
) -> None:
    before, after = shipped(reported)
    deploy(reported, Deploys(after, before).ops, after.commit)
    reported.look()
    found = reported.get("releases/tags/v1.1.0")
    assert "Keep the cart" in found["body"] and "#3" in found["body"]
    assert reported.get("git/ref/tags/v1.1.0")["object"]["sha"] == after.commit
    assert "a.txt" not in found["body"]
    told = [len(reported.github.comments(REPOSITORY, number)) for number in (2, 3)]
    assert told == [1, 1]
    assert "1.1.0" in reported.github.comments(REPOSITORY, 2)[0]["body"]
    deploy(reported, Deploys(after, after).ops)
    deploy(reported, Deploys(before, after, DeploymentKind.ROLLBACK).ops, job="rollback")
    deploy(reported, Deploys(after, before).ops)
    reported.look()
    assert [each["tag_name"] for each in reported.get("releases")] == ["v1.1.0", "v1.0.0"]
    assert [len(reported.github.comments(REPOSITORY, number)) for number in (2, 3)] == told
    assert not reported.memory.runs


def test_a_fault_after_the_deed_makes_no_second_one(reported: Reported, head: str) -> None:
    before, after = shipped(reported)
    reported.github.fail("after", "POST", times=None, probability=0.5)
    deploy(reported, Deploys(after, before).ops, after.commit)
    for _ in range(12):
        reported.wait_is_over()
        reported.look()
    reported.github.clear_faults()
    reported.wait_is_over()
    reported.look()
    assert [states for _, _, states in reported.deployments()] == [["success", "inactive"], ["success"]]
    assert len(reported.get("releases")) == 2
    assert [len(reported.github.comments(REPOSITORY, number)) for number in (2, 3)] == [1, 1]
    assert {stage: reported.states(after.commit, stage) for stage in ("lint", "deploy")} == {
        "lint": ["success"],
        "deploy": ["success"],
    }
    assert not reported.memory.runs


def test_a_commit_that_github_does_not_have_keeps_nothing_else_back(reported: Reported, head: str) -> None:
    deploy(reported, Deploys(release("f" * 40, "0.9.0")).ops)
    deploy(reported, Deploys(release(head, "1.0.0")).ops)
    reported.look()
    assert [(sha, states) for sha, _, states in reported.deployments()] == [(head, ["success"])]
    assert [each["tag_name"] for each in reported.get("releases")] == ["v1.0.0"]
    assert [attended.aside for attended in reported.memory.runs.values()] == [True, True]


def test_a_build_that_failed_deploys_nothing_and_says_so(reported: Reported, head: str) -> None:
    deploy(reported, {"build": fails("the Dockerfile is wrong"), **Deploys(release(head, "1.0.0")).ops}, head)
    reported.look()
    assert reported.statuses(head)["deploy"] == ("error", "not run: build failed")
    assert reported.deployments() == []
