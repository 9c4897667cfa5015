"""GitHub: what is told by its answers alone, and what an app needs of it."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, Secret
from pipeline_defs.config.home import PROJECT
from pipeline_defs.github.api import GitHubUnavailable, Pull
from pipeline_defs.github.api.api_response import SECONDARY_SECONDS, Answer
from pipeline_defs.github.api.approvals import commanded
from pipeline_defs.github.api.comments import hidden
from pipeline_defs.github.api.git_login import source_of, web_of
from pipeline_defs.github.api.github_statuses import cut
from pipeline_defs.github.api.issues import closing_issues
from pipeline_defs.github.api.required_permissions import permissions_needed
from pipeline_defs.github.api.response_parsing import commit_id, fact, login, pull_of
from pipeline_defs.resources.git import header
from tests.unit.sample import example

DATE = "Mon, 04 May 2026 12:00:00 GMT"
NOON = 1777896000  # the same in seconds


def pull(body: str = "", branch: str = "fix") -> Pull:
    """A pull request with this text and branch."""
    sha = "a" * 40
    return Pull(1, "Fix", sha, branch, "main", False, "open", False, "", False, "ada", body, (), "", "")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("/shipline test", ""),
        ("/shipline test ", ""),
        ("/shipline test\r\nthank you", ""),
        ("/Shipline  TEST 0123ABC", "0123abc"),
        (f"/shipline test {'a' * 40}", "a" * 40),
        ("/shipline test 012345", None),  # too short for a commit
        ("/shipline testing", None),
        ("/shipline test please", None),
        ("> /shipline test", None),
        ("please\n/shipline test", None),
        (" /shipline test", None),
        ("", None),
    ],
)
def test_the_command_is_the_first_line_and_nothing_else(body: str, names: str | None) -> None:
    assert commanded(body) == names


@given(st.text())
def test_any_text_may_be_a_comment_or_a_body(text: str) -> None:
    commanded(text)
    assert all(number > 0 for number in closing_issues(pull(text, text or "x"), "acme/shop"))


@pytest.mark.parametrize(
    ("body", "branch", "issues"),
    [
        ("Fixes #12", "fix", [12]),
        ("closes: #1, resolved #2 and FIX #1", "fix", [1, 2]),
        (
            "Closes acme/Shop#3 and https://github.com/acme/shop/issues/4? fixes https://github.com/acme/shop/issues/5",
            "x",
            [3, 5],
        ),
        ("fixes other/shop#3", "fix", []),
        ("prefixes #3, see #4", "fix", []),
        ("<!-- Fixes #123 -->\n```\nFixes #4\n```\n`fixes #5`", "fix", []),
        ("<!-- never closed: fixes #6", "fix", []),
        ("Fixes #7", "12-fix-cart", [7, 12]),
        ("Fixes #12", "fix/12-cart", [12]),
        ("Fixes #0 and fixes #12abc", "fix", []),
    ],
)
def test_issues_are_named_by_keywords_and_by_the_branch(body: str, branch: str, issues: list[int]) -> None:
    assert closing_issues(pull(body, branch), "acme/shop") == issues


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOON + 600), "date": DATE}, 601),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOON + 600}.5", "date": DATE}, 601),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOON - 600), "date": DATE}, 1),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, SECONDARY_SECONDS),
        ({"retry-after": "later"}, SECONDARY_SECONDS),
        ({}, SECONDARY_SECONDS),
    ],
)
def test_how_long_a_limit_lasts(headers: dict[str, str], seconds: float) -> None:
    assert Answer(403, headers, "").wait == seconds


@pytest.mark.parametrize(
    ("status", "headers", "message", "limited"),
    [
        (429, {}, "", True),
        (403, {"retry-after": "1"}, "", True),
        (403, {"x-ratelimit-remaining": "0"}, "", True),
        (403, {}, "API rate limit exceeded for user ID 1.", True),
        (403, {}, "You have exceeded a secondary rate limit. Please wait", True),
        (403, {"x-ratelimit-remaining": "4999"}, "Resource not accessible by personal access token", False),
        (200, {"x-ratelimit-remaining": "0"}, "", False),
    ],
)
def test_a_limit_is_no_missing_permission(status: int, headers: dict[str, str], message: str, limited: bool) -> None:
    assert Answer(status, headers, json.dumps({"message": message})).limited is limited


@pytest.mark.parametrize(
    ("accepted", "expected", "permission"),
    [
        ("statuses=write", "", "statuses: write"),
        ("issues=write; pull_requests=write", "pull_requests: write", "pull_requests: write"),
        ("issues=write; pull_requests=write", "", "issues: write"),
        ("contents=write,workflows=write", "contents: write", "contents: write, workflows: write"),
        ("", "contents: write", "contents: write"),
        ("", "", None),
    ],
)
def test_what_was_needed_is_what_github_says(accepted: str, expected: str, permission: str | None) -> None:
    assert Answer(403, {"x-accepted-github-permissions": accepted}, "").permission(expected) == permission


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", '{"message": null, "errors": [{}, "no", 3]}'])
def test_an_answer_always_says_something(text: str) -> None:
    assert Answer(500, {}, text).said


@pytest.mark.parametrize("data", [None, [], {}, {"message": "Branch not found"}, {"number": 1, "head": None}])
def test_half_an_answer_is_none(data: Any) -> None:
    with pytest.raises(GitHubUnavailable, match="lacks what was asked for"):
        fact(pull_of, data)
    with pytest.raises(GitHubUnavailable):
        fact(commit_id, data)


def test_accounts_that_are_gone_have_no_name() -> None:
    assert [login(None), login({"login": "ghost"}), login({"login": "ada"})] == ["", "", "ada"]


def test_texts_are_cut_where_github_would_refuse_them() -> None:
    assert (cut("x" * 140), len(cut("x" * 141)), cut("x" * 141)[-1]) == ("x" * 140, 140, "…")
    assert hidden("shipline:shop") == hidden("<!-- shipline:shop -->")


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://github.example.org/api/v3", "https://github.example.org"),
        ("https://api.example.org/api/v3/", "https://api.example.org"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_where_the_repositories_of_an_api_are(api: str, web: str) -> None:
    assert web_of(api) == web


def test_settings_of_a_surrounding_git_stay() -> None:
    added = header({"GIT_CONFIG_COUNT": "2"}, "https://github.com", Secret("eDp5"))
    assert added == {
        "GIT_CONFIG_COUNT": "4",
        "GIT_CONFIG_KEY_2": "http.https://github.com/.extraHeader",
        "GIT_CONFIG_VALUE_2": "",
        "GIT_CONFIG_KEY_3": "http.https://github.com/.extraHeader",
        "GIT_CONFIG_VALUE_3": "Authorization: Basic eDp5",
    }


def with_github(versioning: str = "manual", **report: bool) -> App:
    """The example app on GitHub."""
    github = {"repository": "acme/shop", "token": {"env": "SHOP_TOKEN"}, "report": report}
    return App.model_validate({**example().model_dump(exclude_unset=True), "github": github, "versioning": versioning})


def test_what_is_needed_follows_from_the_file() -> None:
    nothing = dict.fromkeys(("statuses", "deployments", "comments", "releases", "issues"), False)
    assert permissions_needed(example().model_copy(update={"github": None})) == {}
    assert list(permissions_needed(with_github(**nothing))) == [
        "metadata: read",
        "contents: read",
        "pull_requests: read",
    ]
    assert "contents: write" in permissions_needed(with_github("automatic", **nothing))
    everything = permissions_needed(with_github())
    assert sorted(everything) == [
        "contents: write",
        "deployments: write",
        "issues: write",
        "metadata: read",
        "pull_requests: write",
        "statuses: write",
    ]
    assert "report.releases" in everything["contents: write"]


def test_the_documentation_names_every_permission_and_no_other() -> None:
    nothing = dict.fromkeys(("statuses", "deployments", "comments", "releases", "issues"), False)
    rows = re.findall(
        r"^\| (\w[\w ]+) \| (read|write) \|", (PROJECT / "docs" / "configuration.md").read_text(), re.MULTILINE
    )
    shown = {"Commit statuses": "statuses"}
    named = {f"{shown.get(name, name.lower().replace(' ', '_'))}: {access}" for name, access in rows}
    assert named == {*permissions_needed(with_github(**nothing)), *permissions_needed(with_github("automatic"))}


def test_pygithub_logs_no_answers(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG it would write whole answers, those with a token too."""
    caplog.set_level(logging.DEBUG, "github")
    assert not logging.getLogger("github.Requester").isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize(
    ("repository", "api", "url", "signs_in"),
    [
        ("acme/shop", "https://api.github.com", "https://github.com/acme/shop.git", True),
        ("acme/shop", "https://github.example.org/api/v3", "https://github.example.org/acme/shop.git", True),
        ("https://github.com/acme/shop", "https://api.github.com", "https://github.com/acme/shop", True),
        ("git@github.com:acme/shop.git", "https://api.github.com", "git@github.com:acme/shop.git", False),
        ("https://git.example.org/shop.git", "https://api.github.com", "https://git.example.org/shop.git", False),
        ("http://github.com/acme/shop", "https://api.github.com", "http://github.com/acme/shop", False),
    ],
)
def test_git_signs_in_at_github_and_nowhere_else(
    repository: str, api: str, url: str, signs_in: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-token")
    github = {"repository": "acme/shop", "token": {"env": "SHOP_TOKEN"}, "api": api}
    source = source_of(
        App.model_validate({**example().model_dump(exclude_unset=True), "repository": repository, "github": github}),
        tmp_path,
    )
    assert (source.url, source._git.login is not None) == (url, signs_in)
