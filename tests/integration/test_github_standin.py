"""The stand-in for GitHub has the properties of GitHub that Shipline is built on."""

import base64
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import github as pygithub
import pytest
import requests

from tests.testbed.github import GitHubServer, RemoteControl
from tests.testbed.github.deliveries import signature
from tests.testbed.github.receiver import Receiver
from tests.testbed.github.rest import Answer, find_route
from tests.testbed.github.schema import Checks

SHOP = "acme/shop"
SHA_ONLY = "application/vnd.github.sha"
NOBODY = "0" * 40


class Client:
    """Plain requests to the API as one token."""

    def __init__(self, server: GitHubServer, token: str) -> None:
        self.base = server.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}/repos/{SHOP}{path}"
        return self.session.request(method, url, headers=headers, json=body or None, allow_redirects=False, timeout=10)


@pytest.fixture
def shop(github: GitHubServer) -> GitHubServer:
    """A server with the repository acme/shop, in which dora may write."""
    github.create_repository(SHOP, files={"version.txt": "1.0.0\n", "README.md": "A shop\n"})
    github.set_permission(SHOP, "dora", "write")
    return github


@pytest.fixture
def api(shop: GitHubServer) -> Client:
    """Plain requests as dora."""
    return Client(shop, shop.create_token("dora"))


@pytest.fixture
def hub(shop: GitHubServer) -> Any:
    """PyGithub's repository acme/shop, as dora."""
    return connect(shop.url, shop.create_token("dora")).get_repo(SHOP)


def connect(url: str, token: str) -> pygithub.Github:
    """PyGithub without its pauses and repetitions."""
    options: dict[str, Any] = {"seconds_between_requests": None, "seconds_between_writes": None, "retry": None}
    return pygithub.Github(base_url=url, auth=pygithub.Auth.Token(token), **options)


def opened(server: GitHubServer, branch: str = "fix", files: dict[str, str | None] | None = None, **more: Any) -> int:
    """A pull request of dora's with one commit."""
    server.commit(SHOP, files or {f"{branch}.txt": "new\n"}, branch, f"Add {branch}", by="dora")
    return server.create_pull(SHOP, branch, by="dora", title=f"The {branch}", **more)


def git(*words: str, folder: Path | None = None) -> str:
    """Run git as a developer without settings of this machine."""
    who = ["-c", "user.name=Dora", "-c", "user.email=dora@example.org", "-c", "credential.helper="]
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


# ---- pull requests


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


# ---- polling


def test_the_sha_of_a_branch_is_its_etag_and_no_change_costs_nothing(shop: GitHubServer, api: Client) -> None:
    head = shop.head(SHOP)
    accept = {"Accept": SHA_ONLY}
    first = api("GET", "/commits/main", headers=accept)
    assert (first.text, first.headers["ETag"]) == (head, f'"{head}"')
    shop.reset_requests()
    for _ in range(3):
        again = api("GET", "/commits/main", headers=accept | {"If-None-Match": f'"{head}"'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    counts = shop.requests()
    assert (counts["total"], counts["billed"], counts["not_modified"]) == (3, 0, 3)
    assert counts["routes"] == {"GET /repos/{owner}/{repo}/commits/{ref}": 3}
    moved = shop.commit(SHOP, {"a": "b"})
    assert api("GET", "/commits/main", headers=accept | {"If-None-Match": f'"{head}"'}).text == moved


def test_pygithub_asks_again_with_the_etag(shop: GitHubServer, hub: Any) -> None:
    opened(shop)
    repo = connect(shop.url, shop.create_token("dora")).get_repo(SHOP)
    assert repo.update() is False
    etag = hub.requester.requestJsonAndCheck("GET", f"/repos/{SHOP}/pulls")[0]["etag"]
    status, _, body = hub.requester.requestJson("GET", f"/repos/{SHOP}/pulls", headers={"If-None-Match": etag})
    assert (status, body) == (304, "")


@pytest.mark.parametrize("change", ["identical", "ahead", "behind", "diverged"])
def test_compare_tells_a_forced_push(shop: GitHubServer, hub: Any, change: str) -> None:
    start = shop.head(SHOP)
    cursor = shop.commit(SHOP, {"one": "1"})
    if change in ("behind", "diverged"):
        shop.force_push(SHOP, "main", str(start))
    if change in ("ahead", "diverged"):
        shop.commit(SHOP, {"two": "2"})
    said = hub.compare(cursor, "main")
    assert said.status == change
    assert said.merge_base_commit.sha == (start if change in ("behind", "diverged") else cursor)


def test_compare_shows_at_most_250_commits_without_pages(shop: GitHubServer, api: Client) -> None:
    start = shop.head(SHOP)
    for number in range(255):
        shop.commit(SHOP, {"count": str(number)})
    said = api("GET", f"/compare/{start}...main").json()
    assert (said["total_commits"], said["ahead_by"], len(said["commits"])) == (255, 255, 250)
    page = api("GET", f"/compare/{start}...main?per_page=100&page=3")
    assert len(page.json()["commits"]) == 55 and page.json()["commits"][-1]["sha"] == shop.head(SHOP)


def test_activity_has_everything_that_happened_in_an_outage(shop: GitHubServer, api: Client) -> None:
    cursor = shop.head(SHOP)
    merged = shop.merge_many(SHOP, 3)
    shop.force_push(SHOP, "main", merged[0])
    last = shop.commit(SHOP, {"a": "b"})
    found, url = [], "/activity?ref=main&per_page=2"
    while url:
        page = api("GET", url)
        found += page.json()
        url = page.links.get("next", {}).get("url", "")
    kinds = ["push", "force_push", "pr_merge", "pr_merge", "pr_merge", "branch_creation"]
    assert [one["activity_type"] for one in found] == kinds
    assert (found[0]["after"], found[1]["before"], found[1]["after"]) == (last, merged[2], merged[0])
    assert (found[4]["before"], found[-1]["before"], found[-1]["ref"]) == (cursor, NOBODY, "refs/heads/main")
    assert {one["actor"]["login"] for one in found} == {"acme"}
    forced = api("GET", "/activity?activity_type=force_push&direction=asc").json()
    assert [one["after"] for one in forced] == [merged[0]]


# ---- git


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


# ---- statuses, deployments, releases


def test_statuses_belong_to_a_sha_and_contexts_have_no_capitals(shop: GitHubServer, hub: Any, api: Client) -> None:
    commit = hub.get_commit("main")
    assert commit.get_combined_status().state == "pending"
    commit.create_status("pending", context="Shipline/Build", description="going on")
    commit.create_status("success", context="shipline/build", target_url="http://127.0.0.1/run/1")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("success", 1)
    assert [one.state for one in commit.get_statuses()] == ["success", "pending"]
    assert api("POST", f"/statuses/{'1' * 40}", state="success").status_code == 422
    assert api("POST", f"/statuses/{commit.sha}", state="cancelled").status_code == 422
    assert api("POST", f"/statuses/{commit.sha}", state="success", description="x" * 141).status_code == 422


def test_a_context_takes_1000_statuses(shop: GitHubServer, api: Client) -> None:
    sha = shop.head(SHOP)
    api("POST", f"/statuses/{sha}", state="pending", context="ci")
    known = shop.world.repo(SHOP).statuses[str(sha)]
    known.extend([known[0]] * 999)
    assert api("POST", f"/statuses/{sha}", state="success", context="CI").status_code == 422
    assert api("POST", f"/statuses/{sha}", state="success", context="other").status_code == 201


def test_a_deployment_without_more_words_merges_the_default_branch(shop: GitHubServer, api: Client) -> None:
    before = shop.commit(SHOP, {"fix.txt": "new\n"}, "fix")
    main = shop.commit(SHOP, {"other.txt": "other\n"})
    said = api("POST", "/deployments", ref="fix")
    assert (said.status_code, said.json()) == (202, {"message": "Auto-merged main into fix on deployment."})
    commit = api("GET", "/commits/fix").json()
    assert [one["sha"] for one in commit["parents"]] == [before, main]
    assert api("GET", "/deployments").json() == []


def test_a_deployment_asks_for_all_statuses_unless_told(shop: GitHubServer, api: Client, hub: Any) -> None:
    sha = str(shop.head(SHOP))
    api("POST", f"/statuses/{sha}", state="pending", context="shipline")
    assert api("POST", "/deployments", ref=sha).status_code == 409
    made = hub.create_deployment(
        sha, auto_merge=False, required_contexts=[], environment="production", payload={"run": "7"}
    )
    assert (made.sha, made.payload, made.raw_data["production_environment"]) == (sha, {"run": "7"}, True)
    made.create_status("in_progress", description="now")
    made.create_status("success", environment_url="http://127.0.0.1/")
    assert [one.state for one in made.get_statuses()] == ["success", "in_progress"]
    assert [one.id for one in hub.get_deployments(sha=sha, environment="production", task="deploy")] == [made.id]
    assert hub.get_deployments(environment="staging").totalCount == 0


def test_a_success_makes_older_deployments_inactive_but_not_in_production(shop: GitHubServer, hub: Any) -> None:
    newest = {}
    for environment in ("staging", "production"):
        made = [
            hub.create_deployment("main", auto_merge=False, required_contexts=[], environment=environment)
            for _ in range(2)
        ]
        for one in made:
            one.create_status("success")
        newest[environment] = [one.get_statuses()[0].state for one in made]
    assert newest == {"staging": ["inactive", "success"], "production": ["success", "success"]}


def test_a_release_makes_its_tag(shop: GitHubServer, hub: Any) -> None:
    head = shop.head(SHOP)
    release = hub.create_git_release("v1.0.0", "1.0.0", "Notes", target_commitish=head)
    assert hub.get_git_ref("tags/v1.0.0").object.sha == head
    hub.get_release("v1.0.0").update_release("1.0.0", "Better notes")
    assert [(one.id, one.body) for one in hub.get_releases()] == [(release.id, "Better notes")]
    hub.create_git_release("v2.0.0", "2.0.0", "Later", draft=True)
    assert hub.get_git_matching_refs("tags/").totalCount == 1
    with pytest.raises(pygithub.GithubException, match="already_exists"):
        hub.create_git_release("v1.0.0", "again", "")


# ---- issues


def test_comments_labels_and_events_say_who_and_when(shop: GitHubServer, hub: Any) -> None:
    number = opened(shop)
    shop.set_clock(60)
    issue = hub.get_issue(number)
    comment = issue.create_comment("first")
    comment.edit("second")
    issue.add_to_labels("deploy")
    shop.label(SHOP, number, "urgent", by="acme")
    hub.get_issue(number).remove_from_labels("deploy")
    assert [one.body for one in hub.get_issue(number).get_comments()] == ["second"]
    events = [(one.event, one.actor.login, one.label.name) for one in hub.get_issue(number).get_events()]
    assert events == [
        ("labeled", "dora", "deploy"), ("labeled", "acme", "urgent"), ("unlabeled", "dora", "deploy"),
    ]  # fmt: skip
    timeline = [one.event for one in hub.get_issue(number).get_timeline()]
    assert timeline == ["commented", "labeled", "labeled", "unlabeled"]
    late = hub.get_issue(number).get_events()[0].created_at - datetime.now(UTC)
    assert 50 < late.total_seconds() <= 60
    assert hub.create_issue("A question").number == number + 1
    assert hub.get_issue(number).pull_request is not None


# ---- who may do what


def test_a_missing_permission_names_what_would_be_enough(shop: GitHubServer) -> None:
    api = Client(shop, shop.create_token("dora", {"contents": "read"}))
    said = api("POST", f"/statuses/{shop.head(SHOP)}", state="success")
    assert said.status_code == 403 and said.json()["message"] == "Resource not accessible by personal access token"
    assert said.headers["X-Accepted-GitHub-Permissions"] == "statuses=write"
    api = Client(shop, shop.create_token("dora", {"statuses": "write", "pull_requests": "write"}))
    assert api("POST", f"/statuses/{shop.head(SHOP)}", state="success").status_code == 201
    assert api("GET", "/commits/main").headers["X-Accepted-GitHub-Permissions"] == "contents=read"


def test_who_is_unknown_and_who_may_not_know(shop: GitHubServer) -> None:
    assert Client(shop, "unknown")("GET", "").json()["message"] == "Bad credentials"
    assert Client(shop, shop.create_token("eve"))("GET", "").status_code == 404
    assert requests.get(f"{shop.url}/repos/{SHOP}", timeout=5).status_code == 404
    assert requests.get(f"{shop.url}/user", timeout=5).status_code == 401
    with pytest.raises(RuntimeError, match="not found"):
        git("ls-remote", shop.git_url(SHOP, shop.create_token("eve")))
    shop.set_permission(SHOP, "eve", "read")
    api = Client(shop, shop.create_token("eve"))
    assert api("GET", "").json()["permissions"] == {
        "admin": False, "maintain": False, "push": False, "triage": False, "pull": True,
    }  # fmt: skip
    assert api("POST", f"/statuses/{shop.head(SHOP)}", state="success").status_code == 403


@pytest.mark.parametrize(
    ("level", "old"), [("maintain", "write"), ("triage", "read"), ("admin", "admin"), ("none", "none")]
)
def test_the_permission_of_a_person(shop: GitHubServer, hub: Any, level: str, old: str) -> None:
    shop.set_permission(SHOP, "eve", level)
    assert hub.get_collaborator_permission("eve") == old


def test_whoever_can_read_may_comment_but_neither_label_nor_change_what_others_wrote(shop: GitHubServer) -> None:
    shop.set_permission(SHOP, "eve", "read")
    api, number = Client(shop, shop.create_token("eve")), opened(shop)
    assert api("POST", f"/issues/{number}/comments", body="/shipline deploy").status_code == 201
    assert api("POST", f"/issues/{number}/labels", labels=["deploy"]).status_code == 403
    comment = shop.comment(SHOP, number, "mine", by="dora")
    assert api("PATCH", f"/issues/comments/{comment}", body="yours").status_code == 403
    assert api("PATCH", f"/pulls/{number}", base="main", state="closed").status_code == 403
    assert api("PUT", f"/pulls/{number}/merge").status_code == 403


def test_an_app_gets_a_token_for_what_it_may_do(shop: GitHubServer) -> None:
    app = shop.create_app("shipline", "acme", {"statuses": "write", "contents": "read"})
    auth = pygithub.Auth.AppAuth(app["id"], app["private_key"])
    integration = pygithub.GithubIntegration(base_url=shop.url, auth=auth)
    installation = integration.get_repo_installation("acme", "shop")
    assert (installation.id, integration.get_app().slug) == (app["installation_id"], "shipline")
    token = integration.get_access_token(installation.id)
    assert 3500 < (token.expires_at - datetime.now(UTC)).total_seconds() <= 3600
    api = Client(shop, token.token)
    assert api("POST", f"/statuses/{shop.head(SHOP)}", state="success").json()["creator"]["login"] == "shipline[bot]"
    assert api("POST", "/deployments", ref="main").json()["message"] == "Resource not accessible by integration"
    repos = api("GET", f"{shop.url}/installation/repositories").json()["repositories"]
    assert [one["full_name"] for one in repos] == [SHOP]
    shop.set_clock(3700)
    assert api("GET", "").status_code == 401
    other = shop.create_app("other", "acme", {})
    forged = pygithub.Auth.AppAuth(app["id"], other["private_key"])
    with pytest.raises(pygithub.GithubException, match="401"):
        pygithub.GithubIntegration(base_url=shop.url, auth=forged).get_app()


# ---- what goes wrong


def test_a_fault_before_and_a_fault_after_acting(shop: GitHubServer, api: Client) -> None:
    sha = shop.head(SHOP)
    shop.fail("before", "POST", "/statuses/", times=2)
    for _ in range(2):
        assert api("POST", f"/statuses/{sha}", state="success").status_code == 502
    assert shop.statuses(SHOP, str(sha)) == []
    shop.fail("after", "POST", "/statuses/", status=503)
    assert api("POST", f"/statuses/{sha}", state="success").status_code == 503
    assert len(shop.statuses(SHOP, str(sha))) == 1
    assert api("POST", f"/statuses/{sha}", state="success").status_code == 201


def test_limits_odd_answers_and_silence(shop: GitHubServer, api: Client) -> None:
    shop.fail("secondary", seconds=7)
    assert api("GET", "").headers["Retry-After"] == "7"
    shop.fail("exhausted", seconds=30)
    spent = api("GET", "")
    assert (spent.status_code, spent.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert 0 < int(spent.headers["X-RateLimit-Reset"]) - parsedate_to_datetime(spent.headers["Date"]).timestamp() <= 31
    shop.fail("too_many")
    assert api("GET", "").status_code == 429
    shop.fail("odd", path="/branches/main")
    assert api("GET", "/branches/main").json()["message"] == "Branch not found"
    for kind in ("closed", "closed_after"):
        shop.fail(kind, "POST", "/issues")
        with pytest.raises(requests.ConnectionError):
            api("POST", "/issues", title=kind)
    assert [one["title"] for one in api("GET", "/issues").json()] == ["closed_after"]
    shop.fail("slow", seconds=0.2)
    began = time.monotonic()
    assert api("GET", "").status_code == 200 and time.monotonic() - began >= 0.2
    shop.use_up_rate_limit("dora")
    assert api("GET", "").status_code == 403
    shop.set_clock(3601)
    assert api("GET", "").headers["X-RateLimit-Remaining"] == "4999"


def test_chance_can_be_repeated(shop: GitHubServer, api: Client) -> None:
    def outcomes() -> list[int]:
        shop.clear_faults()
        shop.seed(7)
        shop.fail("before", probability=0.5, times=None)
        return [api("GET", "").status_code for _ in range(12)]

    first = outcomes()
    assert first == outcomes() and set(first) == {200, 502}


def test_a_renamed_repository_answers_under_its_number(shop: GitHubServer, api: Client) -> None:
    shop.rename_repository(SHOP, "store")
    said = api("GET", "/commits/main")
    assert said.status_code == 301
    assert api("GET", said.headers["Location"]).json()["sha"] == shop.head("acme/store")
    assert connect(shop.url, shop.create_token("dora")).get_repo(SHOP).full_name == "acme/store"


# ---- webhooks


def test_the_signature_is_the_documented_one() -> None:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature("It's a Secret to Everybody", b"Hello, World!") == f"sha256={digest}"


def test_webhooks_are_delivered_signed_and_again_under_the_same_guid(shop: GitHubServer) -> None:
    api = Client(shop, shop.create_token("acme"))
    with Receiver() as receiver:
        config = {"url": receiver.url, "secret": "quiet", "content_type": "json"}
        hook = api("POST", "/hooks", config=config, events=["*"]).json()
        number = opened(shop)
        shop.commit(SHOP, {"fix.txt": "ü\n"}, "fix")
        shop.force_push(SHOP, "fix", shop.log(SHOP, "fix")[1])
        shop.label(SHOP, number, "deploy")
        shop.comment(SHOP, number, "ship it")
        shop.set_draft(SHOP, number, True)
        shop.set_draft(SHOP, number, False)
        shop.rename_pull(SHOP, number, "Other")
        shop.close(SHOP, number)
        shop.reopen(SHOP, number)
        shop.merge(SHOP, number)
        shop.delete_branch(SHOP, "fix")
        assert shop.settle()
        assert receiver.events() == [
            "ping", "push", "create", "pull_request opened", "push", "pull_request synchronize", "push",
            "pull_request synchronize", "pull_request labeled", "issue_comment created", "pull_request converted_to_draft",
            "pull_request ready_for_review", "pull_request edited", "pull_request closed", "pull_request reopened",
            "pull_request closed", "push", "push", "delete",
        ]  # fmt: skip
        for one in receiver.received:
            assert one.headers["x-hub-signature-256"] == signature("quiet", one.body)
            assert one.headers["user-agent"].startswith("GitHub-Hookshot/")
        pushes = [one.payload for one in receiver.received if one.event == "push"]
        flags = [tuple(push[name] for name in ("created", "forced", "deleted")) for push in pushes]
        assert flags == [
            (True, False, False), (False, False, False), (False, True, False), (False, False, False), (False, False, True),
        ]  # fmt: skip
        assert (pushes[0]["before"], pushes[-1]["after"]) == (NOBODY, NOBODY)
        assert pushes[1]["head_commit"]["modified"] == ["fix.txt"]
        delivery = api("GET", f"/hooks/{hook['id']}/deliveries?per_page=1").json()[0]
        assert (delivery["event"], delivery["redelivery"], delivery["status"]) == ("delete", False, "OK")
        assert api("POST", f"/hooks/{hook['id']}/deliveries/{delivery['id']}/attempts").status_code == 202
        assert shop.settle() and len({one.guid for one in receiver.received[-2:]}) == 1
        assert receiver.received[-1].body == receiver.received[-2].body
        assert api("GET", f"/hooks/{hook['id']}/deliveries").json()[0]["redelivery"] is True


def test_many_tags_in_one_push_send_no_events(shop: GitHubServer, tmp_path: Path) -> None:
    git("clone", "-q", shop.git_url(SHOP, shop.create_token("dora")), str(tmp_path))
    with Receiver() as receiver:
        shop.create_hook(SHOP, receiver.url)
        for count in (3, 4):
            names = [f"v{count}.{number}" for number in range(count)]
            for name in names:
                git("tag", name, folder=tmp_path)
            git("push", "-q", "origin", *names, folder=tmp_path)
        assert shop.settle()
        assert receiver.events() == ["ping", *["push", "create"] * 3]


def test_a_delivery_is_lost_comes_twice_or_late_and_is_not_repeated_by_itself(shop: GitHubServer) -> None:
    api = Client(shop, shop.create_token("acme"))
    with Receiver() as receiver:
        hook = shop.create_hook(SHOP, receiver.url, events=["push"])
        receiver.wait_for(1)
        shop.fail_deliveries(drop=1.0)
        shop.commit(SHOP, {"a": "1"})
        assert shop.settle() and len(receiver.received) == 1
        lost = api("GET", f"/hooks/{hook}/deliveries").json()[0]
        assert lost["status_code"] == 0
        api("POST", f"/hooks/{hook}/deliveries/{lost['id']}/attempts")
        assert receiver.wait_for(2)[1].guid == lost["guid"]
        shop.fail_deliveries(duplicate=1.0)
        shop.commit(SHOP, {"a": "2"})
        assert shop.settle()
        copies = [one.guid for one in receiver.received[2:]]
        assert 2 <= len(copies) <= 5 and len(set(copies)) == 1
        shop.fail_deliveries(delay=0.3)
        del receiver.received[:]
        made = [shop.commit(SHOP, {"a": str(number)}) for number in range(8)]
        assert shop.settle()
        came = [one.payload["after"] for one in receiver.received]
        assert sorted(came) == sorted(made) and came != made


# ---- the stand-in itself


def test_an_enterprise_server_has_the_same_api_below_a_prefix(shop: GitHubServer) -> None:
    repo = connect(shop.enterprise_url, shop.create_token("dora")).get_repo(SHOP)
    number = opened(shop)
    assert repo.url.startswith(f"{shop.url}/api/v3/repos/") and repo.get_pull(number).get_commits().totalCount == 1


def test_an_answer_that_github_would_not_give_is_noticed() -> None:
    checks = Checks(enabled=True)
    route, _ = find_route("GET", f"/repos/{SHOP}/pulls/1")
    assert checks.answer(route, Answer({"number": "1"})) is not None
    assert checks.answer(route, Answer({}, 201)) is not None
    assert checks.payload("pull_request", {"action": "vanished"}) is not None
    assert len(checks.errors) == 3


def test_it_runs_as_a_process_with_the_same_control(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.testbed.github", "--port", "0", "--root", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        server = RemoteControl(process.stdout.readline().strip())
        try:
            server.create_repository(SHOP, files={"version.txt": "1.0.0\n"})
            server.commit(SHOP, {"a": "b"}, branch="fix", by="dora")
            number = server.create_pull(SHOP, "fix")
            merged = server.merge(SHOP, number, method="squash")
            assert merged == server.head(SHOP)
            assert merged in git("ls-remote", server.git_url(SHOP, server.create_token("acme")), "main")
            with pytest.raises(ValueError, match="not a free"):
                server.create_repository(SHOP)
        finally:
            process.terminate()
    assert process.returncode == 0


def test_hundreds_of_merges_take_seconds(tmp_path: Path) -> None:
    with GitHubServer(tmp_path, validate=False) as server:
        server.create_repository(SHOP, files={"a": "b"})
        began = time.monotonic()
        merged = server.merge_many(SHOP, 100)
        assert time.monotonic() - began < 5
        assert server.log(SHOP)[0] == merged[-1]
        git(f"--git-dir={server.folder(SHOP)}", "fsck", "--strict", "--no-dangling")
