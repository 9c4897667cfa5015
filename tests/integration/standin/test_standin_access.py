"""Who may do what on the stand-in, and what goes wrong there."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import github as pygithub
import pytest
import requests

from tests.integration.standin.asking import SHOP, Client, connect, git, opened
from tests.testbed.github import GitHubServer


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
