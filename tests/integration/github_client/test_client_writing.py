"""The door to GitHub writes nothing twice, and what it may not do has a name."""

import time
from collections.abc import Callable

import pytest

from pipeline_defs.github.api import GitHubRefused, GitHubUnavailable, Repository, open_repository
from tests.integration.github_client.account import ALL, REPO, TOKEN, app_of, pull_of
from tests.testbed.github import GitHubServer


def test_a_fault_after_the_deed_makes_nothing_twice(server: GitHubServer, repository: Repository) -> None:
    head, number = str(server.head(REPO, "main")), pull_of(server)
    for kind in ("after", "closed_after"):
        server.fail(kind, "POST", "/statuses/")
        repository.ensure_status(head, f"shipline/shop/{kind}", "success", "x" * 200, "https://example.org/run")
        server.fail(kind, "POST", "/deployments$")
        deployment = repository.ensure_deployment(f"key-{kind}", head, "production", production=True)
        assert repository.ensure_deployment(f"key-{kind}", head, "production", production=True) == deployment
        server.fail(kind, "POST", "/deployments/.*/statuses")
        repository.ensure_deployment_status(deployment, "success", log_url="https://example.org/run")
        server.fail(kind, "POST", "/comments")
        repository.ensure_comment(number, f"shipline:{kind}", "tested")
        server.fail(kind, "POST", "/comments")
        repository.say_once(number, f"said:{kind}", "in production")
        server.fail(kind, "POST", "/git/refs")
        server.fail(kind, "POST", "/releases$")
        repository.ensure_release(f"v1-{kind}", head, "Version 1", "Notes")
    assert [len(one["description"]) for one in server.statuses(REPO, head)] == [140, 140]
    assert len(server.comments(REPO, number)) == 4
    routes = server.requests()["routes"]
    assert routes["POST /repos/{owner}/{repo}/deployments"] == 2
    assert routes["POST /repos/{owner}/{repo}/releases"] == 2
    assert routes["POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses"] == 2


def test_a_fault_before_the_deed_is_tried_once_more(server: GitHubServer, repository: Repository) -> None:
    head = str(server.head(REPO, "main"))
    server.fail("before", "POST", "/statuses/")
    repository.ensure_status(head, "shipline/shop/lint", "pending", "waiting")
    server.fail("before", "GET", "/commits/")
    assert repository.head("main") == head
    server.fail("before", "POST", "/statuses/", times=2)
    with pytest.raises(GitHubUnavailable, match="out of order"):
        repository.ensure_status(head, "shipline/shop/lint", "success", "done")
    assert [one["state"] for one in server.statuses(REPO, head)] == ["pending"]


def test_what_says_the_same_is_not_said_again(server: GitHubServer, repository: Repository) -> None:
    head, number = str(server.head(REPO, "main")), pull_of(server)
    for _ in range(2):
        repository.ensure_status(head, "Shipline/shop/lint", "pending", "waiting")
        repository.ensure_status(head, "shipline/shop/Lint", "pending", "waiting")
        repository.ensure_comment(number, "shipline:shop", "first\n")
        repository.ensure_comment(number, "shipline:shop", "second")
        repository.ensure_comment(number, "<!-- shipline:shop -->", "<!-- shipline:shop -->\nsecond")
    assert len(server.statuses(REPO, head)) == 1
    assert [one["body"] for one in server.comments(REPO, number)] == ["<!-- shipline:shop -->\nsecond"]


def test_a_marker_that_somebody_else_wrote_is_not_ours(server: GitHubServer, repository: Repository) -> None:
    number = pull_of(server)
    server.comment(REPO, number, "<!-- shipline:shop -->\nhaha", by="eve")
    repository.ensure_comment(number, "shipline:shop", "tested")
    assert [one["body"].partition("\n")[2] for one in server.comments(REPO, number)] == ["haha", "tested"]


def test_deployments_never_merge_and_ask_for_no_green(server: GitHubServer, repository: Repository) -> None:
    server.protect_branch(REPO, "main", required_contexts=["never/green"])
    old = str(server.head(REPO, "main"))
    server.commit(REPO, {"a": "b"})
    repository.ensure_status(old, "some/check", "failure", "broken")
    first = repository.ensure_deployment("one", old, "staging", payload={"digest": "sha256:1"}, production=False)
    assert repository.ensure_deployment("two", old, "staging", production=False) != first


def test_limits_are_told_and_not_slept_through(server: GitHubServer, opened: Callable[..., Repository]) -> None:
    for kind, seconds in (("secondary", 90.0), ("exhausted", 600.0), ("too_many", 30.0)):
        repository = opened()
        server.fail(kind, path="/commits/", seconds=seconds)
        server.reset_requests()
        began = time.monotonic()
        with pytest.raises(GitHubUnavailable, match="limit of requests is used up") as caught:
            repository.head("main")
        assert caught.value.retry_after == pytest.approx(seconds, abs=3)
        with pytest.raises(GitHubUnavailable):  # who goes on asking may be shut out
            repository.head("main")
        assert time.monotonic() - began < 20, "the shortest limit is 30 s"
        assert server.requests()["total"] == 1


def test_the_reset_goes_by_the_servers_clock(server: GitHubServer, repository: Repository) -> None:
    server.set_clock(-7200)
    server.fail("exhausted", path="/commits/", seconds=60)
    with pytest.raises(GitHubUnavailable) as caught:
        repository.head("main")
    assert caught.value.retry_after == pytest.approx(60, abs=4)


def test_a_missing_permission_has_its_name(server: GitHubServer, opened: Callable[..., Repository]) -> None:
    repository, head = opened({"contents": "read", "statuses": "read"}), str(server.head(REPO, "main"))
    with pytest.raises(GitHubRefused, match="the permission statuses: write") as caught:
        repository.ensure_status(head, "shipline/shop/lint", "pending", "waiting")
    assert caught.value.permission == "statuses: write"
    with pytest.raises(GitHubRefused, match="pull_requests: read"):
        repository.open_pulls(None)
    with pytest.raises(GitHubRefused, match="contents: write"):
        repository.commit_file("main", head, "version.txt", "1.0.1\n", "Raise")


def test_permissions_are_probed_and_nothing_is_made(server: GitHubServer, opened: Callable[..., Repository]) -> None:
    needed = [f"{name}: {level}" for name in ALL for level in ("read", "write")]
    before, activity = server.head(REPO, "main"), server.activity(REPO)
    assert opened().permissions_missing(["metadata: read", *needed]) == []
    some = opened({"contents": "read", "statuses": "write", "pull_requests": "write"})
    assert some.permissions_missing(needed) == [
        "contents: write",
        "deployments: read",
        "deployments: write",
        "issues: write",
    ]
    assert (server.head(REPO, "main"), server.activity(REPO)) == (before, activity)
    assert opened().open_pulls(None)[0] == []


def test_an_invalid_token_says_so_without_showing_it(
    server: GitHubServer, opened: Callable[..., Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = opened()
    token = repository.token().reveal()
    server.revoke_token(token)
    with pytest.raises(GitHubRefused, match=r"check github\.token") as caught:
        repository.head("main")
    assert token not in f"{caught.value!r} {caught.value.__dict__} {repository!r} {repository.token()}"
    monkeypatch.setenv(TOKEN, server.create_token("ada"))
    assert open_repository(app_of(server)).head("main") == server.head(REPO, "main")  # a new token, a new Repository


def test_a_host_that_does_not_answer(server: GitHubServer, opened: Callable[..., Repository]) -> None:
    with pytest.raises(GitHubUnavailable, match="cannot be reached"):
        opened(api="http://127.0.0.1:9").head("main")


def test_a_server_that_is_slow_is_left(
    server: GitHubServer, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_defs.github.api.http_connection.SECONDS", 0.3)
    server.fail("slow", path="/commits/", seconds=1.5)
    with pytest.raises(GitHubUnavailable, match="did not answer") as caught:
        repository.head("main")
    assert caught.value.unsure
