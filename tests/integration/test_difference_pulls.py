"""The pull requests of a difference: found by commits and lineage, told by GitHub, and named without it where it does not answer."""

import pytest

from pipeline_defs.github.commit_pulls import pulls_among
from pipeline_defs.release.records import Image
from pipeline_defs.release.undeployed_changes import CommitLine, PullLine
from tests.integration.reported import REPOSITORY, Reported
from tests.testbed.github import GitHubServer


def image(commit: str, pull: int) -> Image:
    return Image(
        app="shop", repository="r", digest="sha256:1", version="1.0.0", commit=commit, branch="main", tree="t",
        built_from=commit, pull=pull,
    )  # fmt: skip


def test_titles_and_issues_are_githubs(reported: Reported, github: GitHubServer) -> None:
    merged = github.merge(REPOSITORY, 1, by="dora")
    commits = [
        CommitLine(id=merged, author="dora", subject="Merge pull request #1 from acme/fix"),
        CommitLine(id="2" * 40, author="x", subject="y"),
    ]
    told = (PullLine(number=1, title=github.pull(REPOSITORY, 1)["title"]),)
    assert pulls_among(reported.app, commits, []) == (told, [])
    assert pulls_among(reported.app, commits[1:], [image("2" * 40, 1), image("3" * 40, 9)])[0] == told


def test_without_github_they_are_numbers(
    reported: Reported, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [CommitLine(id="1" * 40, author="x", subject="Carts (#1)")]
    without = reported.app.model_copy(update={"github": None})
    assert pulls_among(without, commits, []) == ((PullLine(number=1),), [])
    monkeypatch.delenv("SHIPLINE_TEST_TOKEN")
    pulls, [note] = pulls_among(reported.app, commits, [])
    assert pulls == (PullLine(number=1),)
    assert "GitHub did not tell about the pull requests: the secret SHIPLINE_TEST_TOKEN is not set" in note
