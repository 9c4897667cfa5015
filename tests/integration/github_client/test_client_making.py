"""The door to GitHub makes tags, commits and merges, and never moves what is there."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline_defs.github.api import BranchMoved, GitHubError, GitHubRefused, Repository
from tests.integration.github_client.account import REPO
from tests.testbed.github import GitHubServer


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
    with pytest.raises(BranchMoved, match=f"is at {commit[:12]}"):
        repository.commit_file("main", parent, "version.txt", "1.0.2\n", "Version 1.0.2")
    server.fail("after", "PATCH", "/git/refs/")
    third = repository.commit_file("main", commit, "version.txt", "1.0.2\n", "Version 1.0.2")
    assert server.log(REPO) == [third, commit, parent]


def test_a_push_in_between_is_never_lost(
    server: GitHubServer, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_defs.github.api import commits

    make, pushed = commits._make_commit, []

    def slowly(*arguments: Any) -> str:
        commit = make(*arguments)
        pushed.append(server.commit(REPO, {"a": "b"}, by="ada"))
        return commit

    monkeypatch.setattr(commits, "_make_commit", slowly)
    with pytest.raises(BranchMoved):
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
