"""Deployed changes: which pull requests and issues commits belong to; and names that lead there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.deployed_changes import DeployedChanges, deployed_changes
from pipeline_defs.release.lineage_lookup import COMMIT, ID, ISSUE, PULL, TAG, QuestionError, names_of, questions
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release

A, B, C = "a" * 40, "b" * 40, "c" * 40


def test_commits_belong_to_what_their_messages_and_images_say() -> None:
    commits = [(C, "Merge pull request #14 from team/7-cart"), (B, "Tidy up (#12)"), (A, "Tidy up more")]
    assert deployed_changes(commits, {C: (14, 7), A: (9, 0), "f" * 40: (99, 99)}) == DeployedChanges(
        commits=(C, B, A), pulls=(14, 12, 9), issues=(7,)
    )
    assert str(deployed_changes(commits, {C: (14, 7)})) == "3 commits; pull requests #14, #12; issues #7"
    assert str(deployed_changes([(A, "x")], {})) == "1 commit"


def test_a_deployment_is_found_by_everything_that_it_brought() -> None:
    release = Release(app="shop", version="1.2.0", repository="r", digest="sha256:" + "d" * 64, commit=C)
    row = Deployment(
        id="20260504T120000Z-000001abcd", kind=DeploymentKind.DEPLOY, release=release, environment="production",
        outcome=Outcome.SUCCEEDED, started="2026-05-04T12:00:00+00:00", brought=DeployedChanges(commits=(C, B), pulls=(14,), issues=(7,)),
    )  # fmt: skip
    assert {(COMMIT, B), (COMMIT, C), (PULL, "14"), (ISSUE, "7"), (ID, row.id)} <= names_of(row)
    for text in ("#14", "#7", "pr:14", "issue:7", "bbbb", row.id, "1.2.0"):
        assert any(question.names(row) for question in questions(text)), text
    for text in ("#2", "pr:7", "issue:14", "aaaa", "latest"):
        assert not any(question.names(row) for question in questions(text)), text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("latest", [(TAG,)]),
        ("beef", [("digest", "part", "commit"), (TAG,)]),
        ("1.4.2_dev", [(TAG,)]),
        ("PR:12", [(PULL,)]),
    ],
)
def test_a_text_may_mean_several_things_the_likeliest_first(text: str, kinds: list[tuple[str, ...]]) -> None:
    assert [question.kinds for question in questions(text)] == kinds


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused_with_a_sentence(text: str) -> None:
    try:
        assert questions(text)
    except QuestionError as error:
        assert "is no name; ask for" in str(error)
