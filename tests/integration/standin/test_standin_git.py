"""Git by way of the stand-in, over its own protocol and over the API."""

import base64
from pathlib import Path
from typing import Any

import github as pygithub
import pytest

from tests.integration.standin.asking import SHOP, Client, git, opened
from tests.testbed.github import GitHubServer


def test_git_clones_pushes_and_is_seen_in_activity(shop: GitHubServer, api: Client, tmp_path: Path) -> None:
    token = shop.create_token("dora", {"contents": "write"})
    number = opened(shop)
    git("clone", "-q", shop.git_url(SHOP, token), str(tmp_path))
    head = shop.head(SHOP)
    (tmp_path / "new.txt").write_text("new\n")
    git("add", ".", folder=tmp_path)
    git("commit", "-q", "-m", "From git", folder=tmp_path)
    git("push", "-q", "origin", "main", folder=tmp_path)
    pushed = git("rev-parse", "HEAD", folder=tmp_path)
    assert (shop.head(SHOP), shop.read(SHOP, "new.txt")) == (pushed, "new\n")
    newest = api("GET", "/activity").json()[0]
    assert (newest["before"], newest["after"], newest["actor"]["login"]) == (head, pushed, "dora")
    git("reset", "-q", "--hard", "HEAD^", folder=tmp_path)
    git("push", "-q", "--force", "origin", "main", folder=tmp_path)
    assert api("GET", "/activity").json()[0]["activity_type"] == "force_push"
    # Any SHA can be fetched, also one no branch has any more, and the head of a pull request.
    git("fetch", "-q", "--depth=1", "origin", pushed, folder=tmp_path)
    git("fetch", "-q", "origin", f"refs/pull/{number}/head", folder=tmp_path)
    with pytest.raises(RuntimeError, match="hidden ref"):
        git("push", "-q", "origin", f"HEAD:refs/pull/{number}/head", folder=tmp_path)


def test_a_protected_branch_refuses_pushes(shop: GitHubServer, api: Client, tmp_path: Path) -> None:
    shop.protect_branch(SHOP, "main", required_contexts=["shipline"])
    git("clone", "-q", shop.git_url(SHOP, shop.create_token("dora")), str(tmp_path))
    git("commit", "-q", "--allow-empty", "-m", "Past the rules", folder=tmp_path)
    with pytest.raises(RuntimeError, match="GH006"):
        git("push", "-q", "origin", "main", folder=tmp_path)
    number = opened(shop)
    assert api("PATCH", "/git/refs/heads/main", sha=shop.head(SHOP, "fix")).json()["message"].startswith("Changes must")
    assert "expected" in api("PUT", f"/pulls/{number}/merge").json()["message"]
    head = shop.head(SHOP, "fix")
    api("POST", f"/statuses/{head}", state="success", context="Shipline")
    test = shop.pull(SHOP, number)["merge_commit_sha"]
    api("POST", f"/statuses/{test}", state="failure", context="shipline")
    assert api("PUT", f"/pulls/{number}/merge").status_code == 405  # the test merge wins
    api("POST", f"/statuses/{test}", state="success", context="shipline")
    assert api("PUT", f"/pulls/{number}/merge").status_code == 200


def test_only_a_fast_forward_moves_a_branch_without_force(shop: GitHubServer, api: Client) -> None:
    start = shop.head(SHOP)
    shop.commit(SHOP, {"a": "b"})
    said = api("PATCH", "/git/refs/heads/main", sha=start)
    assert (said.status_code, said.json()["message"]) == (422, "Update is not a fast forward")
    assert api("PATCH", "/git/refs/heads/main", sha=start, force=True).status_code == 200
    assert shop.head(SHOP) == start


def test_a_branch_may_have_the_name_of_a_folder_of_branches(shop: GitHubServer, api: Client) -> None:
    shop.create_branch(SHOP, "fix/one")
    assert api("POST", "/git/refs", ref="refs/heads/fix", sha=shop.head(SHOP)).status_code == 422
    assert api("DELETE", "/git/refs/heads/fix/one").status_code == 204
    assert api("POST", "/git/refs", ref="refs/heads/fix", sha=shop.head(SHOP)).status_code == 201
    assert [one["name"] for one in api("GET", "/branches").json()] == ["fix", "main"]


def test_a_commit_made_over_the_api(shop: GitHubServer, hub: Any) -> None:
    head = hub.get_git_commit(hub.get_branch("main").commit.sha)
    blob = hub.create_git_blob(base64.b64encode(b"1.0.1\n").decode(), "base64")
    entry = pygithub.InputGitTreeElement("version.txt", "100644", "blob", sha=blob.sha)
    tree = hub.create_git_tree([entry], base_tree=head.tree)
    commit = hub.create_git_commit("Raise the version", tree, [head])
    assert shop.head(SHOP) == head.sha  # nothing points to it yet
    hub.get_git_ref("heads/main").edit(commit.sha)
    assert shop.read(SHOP, "version.txt") == "1.0.1\n"
    paths = [one.path for one in hub.get_git_tree("main", recursive=True).tree]
    assert paths == ["README.md", "version.txt"]
    hub.create_git_ref("refs/tags/v1.0.1", commit.sha)
    assert [ref.ref for ref in hub.get_git_matching_refs("tags/")] == ["refs/tags/v1.0.1"]
    content = hub.get_contents("version.txt")
    hub.update_file("version.txt", "Again", "1.0.2\n", content.sha)
    assert hub.get_contents("version.txt", ref="main").decoded_content == b"1.0.2\n"
    with pytest.raises(pygithub.GithubException, match="409"):
        hub.update_file("version.txt", "Late", "1.0.3\n", content.sha)


def test_branches_are_merged_over_the_api(shop: GitHubServer, api: Client) -> None:
    shop.create_branch(SHOP, "development")
    shop.commit(SHOP, {"version.txt": "2.0.0\n"}, "development")
    assert api("POST", "/merges", base="main", head="development").status_code == 201
    assert api("POST", "/merges", base="main", head="development").status_code == 204
    shop.commit(SHOP, {"version.txt": "2.1.0\n"}, "development")
    shop.commit(SHOP, {"version.txt": "2.0.1\n"}, "main")
    assert api("POST", "/merges", base="main", head="development").status_code == 409
