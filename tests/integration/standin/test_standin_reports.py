"""What is written to the stand-in: statuses, deployments, releases, comments."""

from datetime import UTC, datetime
from typing import Any

import github as pygithub
import pytest

from tests.integration.standin.asking import SHOP, Client, opened
from tests.testbed.github import GitHubServer


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
