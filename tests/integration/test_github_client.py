"""The door to GitHub, against a stand-in whose answers follow GitHub's published description."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.config import App, Secret
from pipeline_defs.resources.github import (
    GitHubAway,
    GitHubError,
    GitHubRefused,
    Moved,
    Repository,
    open_repository,
)
from pipeline_defs.resources.github.git import source_of
from pipeline_defs.resources.source_errors import SourceError
from tests.testbed.github import GitHubServer

REPO = "acme/shop"
ALL = {"contents": "write", "statuses": "write", "deployments": "write", "pull_requests": "write", "issues": "write"}
TOKEN = "SHOP_TEST_GITHUB_TOKEN"


@pytest.fixture
def server(github: GitHubServer) -> GitHubServer:
    """A GitHub with the repository acme/shop and ada, who writes to it."""
    github.create_repository(REPO, files={"version.txt": "1.0.0\n"})
    github.set_permission(REPO, "ada", "write")
    return github


def app_of(server: GitHubServer, *, api: str = "", **access: Any) -> App:
    """The app shop on this GitHub."""
    return App.model_validate(
        {
            "name": "shop",
            "repository": server.git_url(REPO),
            "image": "registry.example.org/team/shop",
            "environments": {
                "production": {"hosts": "a.example.org", "directory": "/opt/shop", "compose": "production.yml"}
            },
            "github": {"repository": REPO, "api": api or server.url, **(access or {"token": {"env": TOKEN}})},
        }
    )


@pytest.fixture
def opened(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Repository]:
    """Opens the repository with a token that has these permissions."""

    def with_permissions(permissions: dict[str, str] | None = None, api: str = "") -> Repository:
        monkeypatch.setenv(TOKEN, server.create_token("ada", ALL if permissions is None else permissions))
        return open_repository(app_of(server, api=api))

    return with_permissions


@pytest.fixture
def repository(opened: Callable[..., Repository]) -> Repository:
    """The repository with a token that may do everything Shipline does."""
    return opened()


def pull_of(server: GitHubServer, branch: str = "fix", **more: Any) -> int:
    """A new pull request of ada's."""
    server.commit(REPO, {f"{branch}.txt": branch}, branch=branch, by="ada")
    return server.create_pull(REPO, branch, base="main", by="ada", **more)


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
    with pytest.raises(GitHubAway, match="lacks what was asked for"):
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
    assert (pull.head, pull.base_sha) == (server.head(REPO, "fix"), server.head(REPO, "main"))
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


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


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
    with pytest.raises(GitHubAway, match="out of order"):
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
        with pytest.raises(GitHubAway, match="limit of requests is used up") as caught:
            repository.head("main")
        assert caught.value.retry_after == pytest.approx(seconds, abs=3)
        with pytest.raises(GitHubAway):  # who goes on asking may be shut out
            repository.head("main")
        assert time.monotonic() - began < 2
        assert server.requests()["total"] == 1


def test_the_reset_goes_by_the_servers_clock(server: GitHubServer, repository: Repository) -> None:
    server.set_clock(-7200)
    server.fail("exhausted", path="/commits/", seconds=60)
    with pytest.raises(GitHubAway) as caught:
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
    with pytest.raises(GitHubAway, match="cannot be reached"):
        opened(api="http://127.0.0.1:9").head("main")


def test_a_server_that_is_slow_is_left(
    server: GitHubServer, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_defs.resources.github.wire.SECONDS", 0.3)
    server.fail("slow", path="/commits/", seconds=1.5)
    began = time.monotonic()
    with pytest.raises(GitHubAway, match="did not answer") as caught:
        repository.head("main")
    assert caught.value.unsure
    assert time.monotonic() - began < 1.2


def test_the_base_path_of_github_enterprise(server: GitHubServer, opened: Callable[..., Repository]) -> None:
    repository = opened(api=server.enterprise_url)
    for number in range(101):
        server.commit(REPO, {"a": str(number)})
    assert repository.head("main") == server.head(REPO, "main")
    assert len(repository.moves("main", server.log(REPO)[-1])) == 101  # its pages have the base path too
    assert repository.web == f"{server.url}/{REPO}"


def test_a_renamed_repository_is_followed_with_its_pages(server: GitHubServer, repository: Repository) -> None:
    since = server.log(REPO)[-1]
    for number in range(101):
        server.commit(REPO, {"a": str(number)})
    server.rename_repository(REPO, "store")
    assert len(repository.moves("main", since)) == 101
    repository.ensure_status(str(repository.head("main")), "shipline/shop/lint", "success", "done")
    assert repository.web == f"{server.url}/acme/store"


def test_tags_are_made_once_and_never_moved(server: GitHubServer, repository: Repository) -> None:
    first = str(server.head(REPO, "main"))
    repository.ensure_tag("1.0.0", first)
    repository.ensure_tag("1.0.0", first)
    second = server.commit(REPO, {"a": "b"})
    with pytest.raises(GitHubError, match=f"the tag 1.0.0 names commit {first[:12]}"):
        repository.ensure_tag("1.0.0", second)
    assert repository.tags(None)[0] == {"1.0.0": first}


def test_a_file_is_committed_only_where_the_branch_was(server: GitHubServer, repository: Repository) -> None:
    parent = str(server.head(REPO, "main"))
    commit = repository.commit_file("main", parent, "version.txt", "1.0.1\n", "Version 1.0.1")
    assert server.head(REPO, "main") == commit
    assert server.read(REPO, "version.txt") == "1.0.1\n"
    with pytest.raises(Moved, match=f"is at {commit[:12]}"):
        repository.commit_file("main", parent, "version.txt", "1.0.2\n", "Version 1.0.2")
    server.fail("after", "PATCH", "/git/refs/")
    third = repository.commit_file("main", commit, "version.txt", "1.0.2\n", "Version 1.0.2")
    assert server.log(REPO) == [third, commit, parent]


def test_a_push_in_between_is_never_lost(
    server: GitHubServer, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_defs.resources.github import contents

    make, pushed = contents._make_commit, []

    def slowly(*arguments: Any) -> str:
        commit = make(*arguments)
        pushed.append(server.commit(REPO, {"a": "b"}, by="ada"))
        return commit

    monkeypatch.setattr(contents, "_make_commit", slowly)
    with pytest.raises(Moved):
        repository.commit_file("main", str(server.head(REPO, "main")), "version.txt", "1.0.1\n", "Version 1.0.1")
    assert server.head(REPO, "main") == pushed[0]


def test_a_protected_branch_says_what_to_do(server: GitHubServer, repository: Repository) -> None:
    server.protect_branch(REPO, "main")
    with pytest.raises(GitHubRefused, match=r"main is protected .* let Shipline's App or user bypass the rule"):
        repository.commit_file("main", str(server.head(REPO, "main")), "version.txt", "1.0.1\n", "Version 1.0.1")


def test_branches_are_merged_once(server: GitHubServer, repository: Repository) -> None:
    server.create_branch(REPO, "development")
    head = server.commit(REPO, {"a": "b"}, branch="development")
    server.commit(REPO, {"c": "d"}, branch="main")
    server.fail("after", "POST", "/merges")
    merged = repository.merge_into("main", head, "Merge development")
    assert merged == server.head(REPO, "main")
    assert len(server.log(REPO)) == 4
    assert repository.merge_into("main", head, "Merge development") is None
    server.commit(REPO, {"c": "one"}, branch="development")
    server.commit(REPO, {"c": "other"}, branch="main")
    with pytest.raises(GitHubError, match="conflicts"):
        repository.merge_into("main", "development", "Merge development")


def test_a_github_app_signs_in_and_renews_its_token(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = server.create_app("shipline", "acme", {**ALL, "statuses": "read"})
    key = tmp_path / "key.pem"
    key.write_text(made["private_key"])
    app = app_of(server, app={"id": made["id"], "key": {"file": str(key)}})
    repository = open_repository(app)
    assert repository is open_repository(app)
    assert repository.head("main") == server.head(REPO, "main")
    number = pull_of(server)
    repository.ensure_comment(number, "shipline:shop", "tested")
    repository.ensure_comment(number, "shipline:shop", "tested again")
    assert [one["user"]["login"] for one in server.comments(REPO, number)] == ["shipline[bot]"]
    assert repository.permissions_missing(["contents: write", "statuses: write", "statuses: read"]) == [
        "statuses: write"
    ]
    first = repository.token().reveal()
    assert repository.token().reveal() == first
    later = time.monotonic() + 3600 - 600
    monkeypatch.setattr("pipeline_defs.resources.github.login.time.monotonic", lambda: later)
    assert repository.token().reveal() != first
    assert first not in repr(repository)


def test_an_app_that_is_not_installed_or_has_no_key(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = server.create_app("shipline", "somebody", ALL)
    monkeypatch.setenv("SHOP_TEST_KEY", made["private_key"])
    access = {"id": made["id"], "key": {"env": "SHOP_TEST_KEY"}}
    with pytest.raises(GitHubRefused, match="is not installed on acme/shop"):
        open_repository(app_of(server, app=access)).head("main")
    monkeypatch.setenv("SHOP_TEST_KEY", "-----BEGIN s3cr3t")
    with pytest.raises(GitHubError, match="no RSA private key in PEM form") as caught:
        open_repository(app_of(server, app=access))
    assert "s3cr3t" not in str(caught.value)
    monkeypatch.delenv("SHOP_TEST_KEY")
    with pytest.raises(GitHubError, match="SHOP_TEST_KEY is not set"):
        open_repository(app_of(server, app=access))


@pytest.fixture
def command_lines() -> Iterator[set[bytes]]:
    """Everything that any program of this machine has on its command line while the test runs."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield seen
    over.set()
    watcher.join()


def test_git_fetches_with_the_token_and_shows_it_nowhere(
    server: GitHubServer, repository: Repository, tmp_path: Path, command_lines: set[bytes]
) -> None:
    source = source_of(app_of(server), tmp_path)
    server.fail("slow", path="/git/", seconds=0.3, times=None)
    head = source.resolve("main")
    assert head == server.head(REPO, "main")
    with source.checkout(head) as files:
        assert (files / "version.txt").read_text() == "1.0.0\n"
    token = repository.token().reveal()
    assert any(b"ls-remote" in line for line in command_lines)
    forms = [form.encode() for form in Secret(token).encodings()]
    assert not [line for line in command_lines if any(form in line for form in forms)]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]


def test_a_token_is_given_to_no_other_host(
    server: GitHubServer, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GitHubServer() as other:
        other.create_repository(REPO, files={"a": "b"})
        app = app_of(server).model_copy(update={"repository": other.git_url(REPO)})
        with pytest.raises(SourceError, match="cannot be read"):
            source_of(app, tmp_path).heads(["main"])
        assert source_of(app, tmp_path)._git.login is None


def test_check_names_what_is_missing(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apps = tmp_path / "apps"
    apps.mkdir()
    (apps / "shop.yaml").write_text(app_of(server).model_dump_json(exclude={"name"}, exclude_unset=True))
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(apps))
    monkeypatch.setenv(TOKEN, server.create_token("ada", {**ALL, "statuses": "read"}))
    assert main(["check", "--json"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)["github"]
    assert (entry["app"], entry["repository"], entry["ok"], entry["error"]) == ("shop", REPO, False, None)
    assert [missing["permission"] for missing in entry["missing"]] == ["statuses: write"]
    assert main(["check"]) == 1
    assert (
        "the permission statuses: write is missing, report.statuses: a status for every stage"
        in capsys.readouterr().out
    )
    assert main(["check", "--offline"]) == 0
    monkeypatch.setenv(TOKEN, server.create_token("ada", ALL))
    assert main(["check"]) == 0
    assert "all permissions are there" in capsys.readouterr().out
    server.fail("before", times=None)
    assert main(["check"]) == 1
    assert "is out of order" in capsys.readouterr().out
