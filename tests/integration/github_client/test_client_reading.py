"""The door to GitHub reads heads, pull requests, approvals and moves, against a stand-in that follows GitHub's published description."""

import json
import time
from collections.abc import Callable

import pytest

from pipeline_defs.github.api import GitHubRefused, GitHubUnavailable, Repository
from tests.integration.github_client.account import REPO, _seconds, pull_of
from tests.testbed.github import GitHubServer


def test_a_branch_that_stands_still_costs_nothing(server: GitHubServer, repository: Repository) -> None:
    head = repository.head("main")
    assert head == server.head(REPO, "main")
    server.reset_requests()
    assert repository.head("main", head) == head
    assert (server.requests()["total"], server.requests()["billed"]) == (1, 0)
    moved = server.commit(REPO, {"a": "b"})
    assert repository.head("main", head) == moved
    assert repository.head("no-such/branch") is None


def test_a_tag_of_the_same_name_is_not_the_branch(server: GitHubServer, repository: Repository) -> None:
    first = server.head(REPO, "main")
    server.tag(REPO, "main", at=str(first))
    head = server.commit(REPO, {"a": "b"})
    assert repository.head("main") == head


def test_a_200_that_says_branch_not_found_is_no_head(server: GitHubServer, repository: Repository) -> None:
    server.fail("odd", path="/commits/")
    with pytest.raises(GitHubUnavailable, match="lacks what was asked for"):
        repository.head("main")


def test_a_repository_that_cannot_be_seen_is_not_a_branch_that_is_gone(
    server: GitHubServer, opened: Callable[..., Repository]
) -> None:
    repository = opened()
    server.set_permission(REPO, "ada", "none")
    with pytest.raises(GitHubRefused, match="shows no repository acme/shop"):
        repository.head("main")


def test_open_pulls_are_read_again_only_when_something_changed(server: GitHubServer, repository: Repository) -> None:
    number = pull_of(server, title="Fix the cart", body="Fixes #7")
    server.label(REPO, number, "minor", by="ada")
    pulls, validator = repository.open_pulls(None)
    assert pulls is not None
    (pull,) = pulls
    assert (pull.number, pull.title, pull.author, pull.base, pull.head_branch) == (
        number,
        "Fix the cart",
        "ada",
        "main",
        "fix",
    )
    assert pull.head == server.head(REPO, "fix")
    assert (pull.labels, pull.fork, pull.merged, pull.merge_commit, pull.state) == (
        ("minor",),
        False,
        False,
        "",
        "open",
    )
    assert repository.closing_issues(pull) == [7]
    server.reset_requests()
    assert repository.open_pulls(json.loads(json.dumps(validator))) == (None, validator)
    assert server.requests()["billed"] == 0
    pushed = server.commit(REPO, {"more.txt": ""}, branch="fix", by="ada")
    pulls, _ = repository.open_pulls(validator)
    assert pulls is not None
    assert [one.head for one in pulls] == [pushed]


def test_more_than_a_page_of_pulls(server: GitHubServer, repository: Repository) -> None:
    numbers = [pull_of(server, f"branch-{number}") for number in range(103)]
    pulls, validator = repository.open_pulls(None)
    assert pulls is not None
    assert sorted(pull.number for pull in pulls) == numbers
    server.reset_requests()
    assert repository.open_pulls(validator)[0] is None
    assert server.requests()["billed"] == 0
    server.close(REPO, numbers[0], by="ada")  # the last one of the last page
    pulls, _ = repository.open_pulls(validator)
    assert pulls is not None
    assert len(pulls) == 102


def test_a_full_last_page_does_not_hide_what_comes_after_it(server: GitHubServer, repository: Repository) -> None:
    for number in range(100):
        server.tag(REPO, f"v0.{number:03d}")
    tags, validator = repository.tags(None)
    assert tags is not None
    assert len(tags) == 100
    server.tag(REPO, "v1.0.0")
    server.tag(REPO, "a-first")
    tags, validator = repository.tags(validator)
    assert tags is not None
    assert {"v1.0.0", "a-first"} <= set(tags)
    assert repository.tags(validator)[0] is None


def test_merged_and_abandoned_pulls_are_told_apart(server: GitHubServer, repository: Repository) -> None:
    merged, abandoned = pull_of(server, "good"), pull_of(server, "bad")
    commit = server.merge(REPO, merged, method="squash", by="ada")
    server.close(REPO, abandoned, by="ada")
    one, other = repository.pull(merged), repository.pull(abandoned)
    assert one is not None
    assert other is not None
    assert (one.state, one.merged, one.merge_commit) == ("closed", True, commit)
    assert (other.state, other.merged, other.merge_commit) == ("closed", False, "")
    assert [(pull.number, pull.merged, pull.merge_commit) for pull in repository.pulls_of(commit)] == [
        (merged, True, commit)
    ]
    assert repository.pulls_of("0" * 40) == []
    assert repository.pull(999) is None


def test_deleted_forks_and_ghosts(server: GitHubServer, repository: Repository) -> None:
    server.set_permission(REPO, "eve", "read")
    fork = server.create_fork(REPO, "eve")
    server.commit(fork, {"x": "y"}, branch="patch", by="eve")
    number = server.create_pull(REPO, "patch", fork=fork, by="eve")
    server.comment(REPO, number, "/shipline test", by="eve")
    server.comment(REPO, number, "/shipline test", by="ada")
    pull = repository.pull(number)
    assert pull is not None
    assert (pull.fork, pull.author) == (True, "eve")
    server.delete_repository(fork)
    server.delete_user("eve")
    pull = repository.pull(number)
    assert pull is not None
    assert (pull.fork, pull.author) == (True, "")
    assert [approval.by for approval in repository.approvals(number, "shipline:test")] == ["ada"]


def test_approvals_are_comments_and_labelings(server: GitHubServer, repository: Repository) -> None:
    server.set_clock(3600)
    number = pull_of(server)
    server.comment(REPO, number, "looks good\n/shipline test", by="ada")
    server.comment(REPO, number, "/shipline test ABCDEF1\nThank you", by="ada")
    server.label(REPO, number, "shipline:test", by="bob")
    server.label(REPO, number, "other", by="bob")
    found = repository.approvals(number, "Shipline:Test")
    assert sorted((approval.by, approval.sha, approval.kind) for approval in found) == [
        ("ada", "abcdef1", "comment"),
        ("bob", "", "label"),
    ]
    server_now = time.time() + 3600
    assert all(abs(_seconds(approval.at) - server_now) < 60 for approval in found)
    server.set_permission(REPO, "mia", "maintain")
    server.set_permission(REPO, "tim", "triage")
    assert [repository.may_write(login) for login in ("ada", "mia", "tim", "nobody-there")] == [
        True,
        True,
        False,
        False,
    ]


def test_the_moves_of_an_outage_with_a_force_push(server: GitHubServer, repository: Repository) -> None:
    since = str(server.head(REPO, "main"))
    pushed = server.commit(REPO, {"a": "1"}, by="ada")
    merged = server.merge(REPO, pull_of(server), by="ada")
    server.commit(REPO, {"b": "1"}, branch="elsewhere", by="ada")
    server.force_push(REPO, "main", pushed, by="ada")
    again = server.commit(REPO, {"c": "1"}, by="ada")
    moves = repository.moves("main", since)
    assert [(move.before, move.after) for move in moves] == [
        (since, pushed),
        (pushed, merged),
        (merged, pushed),
        (pushed, again),
    ]
    assert [move.kind for move in moves] == ["push", "pr_merge", "force_push", "push"]
    assert {move.actor for move in moves} == {"ada"}
    assert [move.after for move in repository.moves("main", pushed)] == [again]  # since it was there for the last time
    assert repository.moves("main", again) == []
    assert repository.moves("main", "f" * 40) == []


def test_many_moves_are_paged(server: GitHubServer, repository: Repository) -> None:
    since = str(server.head(REPO, "main"))
    made = [server.commit(REPO, {"a": str(number)}) for number in range(130)]
    assert [move.after for move in repository.moves("main", since)] == made
    comparison = repository.compare(since, "main")
    assert (comparison.status, comparison.total) == ("ahead", 130)
    assert [commit.id for commit in comparison.commits] == made
    assert repository.compare("main", "main").status == "identical"
