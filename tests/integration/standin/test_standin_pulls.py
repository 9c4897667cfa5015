"""The stand-in's pull requests have the properties of GitHub's that Shipline is built on."""

from typing import Any

import pytest

from tests.integration.standin.asking import SHOP, Client, git, opened
from tests.testbed.github import GitHubServer


def test_mergeable_is_null_until_it_was_computed_and_the_test_merge_has_its_own_reference(
    shop: GitHubServer, hub: Any
) -> None:
    number = opened(shop)
    first = hub.get_pull(number)
    assert (first.mergeable, first.mergeable_state, first.merge_commit_sha) == (None, "unknown", None)
    second = hub.get_pull(number)
    assert (second.mergeable, second.mergeable_state, second.merged) == (True, "clean", False)
    test = hub.get_commit(second.merge_commit_sha)
    assert [parent.sha for parent in test.parents] == [second.base.sha, second.head.sha]
    lines = git("ls-remote", shop.git_url(SHOP, shop.create_token("dora")), f"refs/pull/{number}/*").splitlines()
    assert lines == [f"{second.head.sha}\trefs/pull/1/head", f"{test.sha}\trefs/pull/1/merge"]


def test_a_conflict_has_no_test_merge_and_cannot_be_merged(shop: GitHubServer, api: Client) -> None:
    number = opened(shop, files={"version.txt": "1.1.0\n"})
    shop.commit(SHOP, {"version.txt": "1.0.1\n"})
    assert (shop.pull(SHOP, number)["mergeable"], shop.pull(SHOP, number)["mergeable_state"]) == (False, "dirty")
    assert api("PUT", f"/pulls/{number}/merge").status_code == 405
    assert api("GET", f"/git/ref/pull/{number}/merge").status_code == 404


def test_changes_of_different_lines_in_one_file_are_merged_by_git(shop: GitHubServer) -> None:
    lines = [f"line {number}\n" for number in range(20)]
    shop.commit(SHOP, {"long.txt": "".join(lines)})
    number = opened(shop, files={"long.txt": "".join(["first\n", *lines[1:]])})
    shop.commit(SHOP, {"long.txt": "".join([*lines[:-1], "last\n"])})
    shop.merge(SHOP, number)
    assert shop.read(SHOP, "long.txt") == "".join(["first\n", *lines[1:-1], "last\n"])


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merge_commit_sha_after_a_merge(shop: GitHubServer, hub: Any, method: str) -> None:
    opened(shop)
    shop.commit(SHOP, {"more.txt": "more\n"}, "fix", "Add more", by="dora")
    base = shop.commit(SHOP, {"other.txt": "other\n"})
    before = shop.pull(SHOP, 1)["merge_commit_sha"]
    result = hub.get_pull(1).merge(merge_method=method)
    pull = hub.get_pull(1)
    assert result.merged and pull.merged and pull.state == "closed" and pull.merged_by.login == "dora"
    assert pull.merge_commit_sha == result.sha == shop.head(SHOP) != before
    commit = hub.get_commit(result.sha)
    parents = [parent.sha for parent in commit.parents]
    if method == "merge":
        assert parents == [base, pull.head.sha] and commit.commit.message.startswith(
            "Merge pull request #1 from acme/fix"
        )
    elif method == "squash":
        assert parents == [base] and commit.commit.message.startswith("The fix (#1)")
    else:
        assert commit.commit.message == "Add more" and hub.get_commit(parents[0]).parents[0].sha == base
        assert result.sha != pull.head.sha
    assert [one.number for one in hub.get_commit(result.sha).get_pulls()] == [1]
    assert pull.commits == 2 and [file.filename for file in pull.get_files()] == ["fix.txt", "more.txt"]
    assert shop.activity(SHOP)[-1]["activity_type"] == "pr_merge"


def test_closed_is_not_merged_although_it_has_a_merge_commit_sha(shop: GitHubServer, hub: Any) -> None:
    number = opened(shop)
    shop.pull(SHOP, number)
    hub.get_pull(number).edit(state="closed")
    pull = hub.get_pull(number)
    assert pull.merge_commit_sha and not pull.merged and pull.merged_at is None and pull.state == "closed"
    (listed,) = hub.get_pulls(state="closed")
    assert "merged" not in listed.raw_data or listed.merged_at is None
    head = pull.head.sha
    hub.get_pull(number).edit(state="open")
    assert (hub.get_pull(number).number, hub.get_pull(number).head.sha) == (number, head)


def test_a_merge_with_a_head_that_is_not_the_head_any_more(shop: GitHubServer, api: Client) -> None:
    number = opened(shop)
    old = shop.head(SHOP, "fix")
    new = shop.commit(SHOP, {"fix.txt": "newer\n"}, "fix")
    assert api("PUT", f"/pulls/{number}/merge", sha=old).status_code == 409
    assert api("PUT", f"/pulls/{number}/merge", sha=new).json()["merged"]
    assert api("PUT", f"/pulls/{number}/merge", sha=new).status_code == 405


def test_the_list_is_sorted_and_paged_as_documented(shop: GitHubServer, api: Client, hub: Any) -> None:
    for number in range(5):
        shop.set_clock(number * 10)
        opened(shop, f"b{number}")
    first = api("GET", "/pulls?per_page=2")
    assert [one["number"] for one in first.json()] == [5, 4] and "merged" not in first.json()[0]
    assert set(first.links) == {"next", "last"} and first.links["last"]["url"].endswith("per_page=2&page=3")
    last = api("GET", first.links["last"]["url"])
    assert [one["number"] for one in last.json()] == [1] and set(last.links) == {"first", "prev"}
    assert [one["number"] for one in api("GET", "/pulls?sort=updated").json()] == [1, 2, 3, 4, 5]
    assert [one.number for one in hub.get_pulls(state="open", base="main")] == [5, 4, 3, 2, 1]


def test_the_base_can_change_and_a_pushed_merge_counts_as_merged(shop: GitHubServer, hub: Any) -> None:
    shop.create_branch(SHOP, "development")
    number = opened(shop, base="development")
    hub.get_pull(number).edit(base="main")
    assert hub.get_pull(number).base.ref == "main"
    merge = shop.merge_branch(SHOP, "fix", "main")
    assert hub.get_pull(number).merged and hub.get_pull(number).merge_commit_sha == merge


def test_a_fork_that_is_gone_and_a_person_who_is_gone(shop: GitHubServer, hub: Any) -> None:
    fork = shop.create_fork(SHOP, "eve")
    shop.commit(fork, {"x": "y"}, "topic", by="eve")
    number = shop.create_pull(SHOP, "topic", by="eve", fork=fork)
    pull = hub.get_pull(number)
    assert (pull.head.repo.full_name, pull.base.repo.full_name, pull.head.label) == (fork, SHOP, "eve:topic")
    shop.delete_repository(fork)
    shop.delete_user("eve")
    pull = hub.get_pull(number)
    assert pull.raw_data["head"]["repo"] is None and pull.raw_data["user"] is None and pull.state == "open"
    assert shop.merge(SHOP, number) == shop.head(SHOP)
