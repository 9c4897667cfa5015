"""Tags: which labels an image gets for the branch its commit is on."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.orchestration.ops.build_op import tags_of
from pipeline_defs.release import tags
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import tags_for
from pipeline_defs.release.version import Version
from tests.unit.sample import example

VERSION = Version(1, 4, 2)

# https://distribution.github.io/distribution/spec/api/: what a registry takes for a tag
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("development", ("1.4.2_dev", "staging_dev", "1.4.2", "staging")),
        ("main", ("1.4.2", "latest")),
        ("feature/basket", ("1.4.2_dev", "staging_dev")),
        ("Main", ("1.4.2_dev", "staging_dev")),
        ("main/1", ("1.4.2_dev", "staging_dev")),
        ("", ("1.4.2_dev", "staging_dev")),
    ],
)
def test_the_branch_decides(branch: str, expected: tuple[str, ...]) -> None:
    assert tags_for(VERSION, branch=branch, development="development", main="main") == expected


def test_an_app_may_call_its_branches_otherwise() -> None:
    assert tags_for(VERSION, branch="trunk", development="next", main="trunk") == ("1.4.2", "latest")
    assert "staging" in tags_for(VERSION, branch="next", development="next", main="trunk")
    assert "latest" not in tags_for(VERSION, branch="main", development="next", main="trunk")


def test_one_branch_that_is_both_names_all() -> None:
    given = tags_for(VERSION, branch="trunk", development="trunk", main="trunk")
    assert given == ("1.4.2_dev", "staging_dev", "1.4.2", "staging", "latest")


@given(st.text(), st.builds(Version, *[st.integers(0, 999_999_999)] * 3))
def test_only_the_two_branches_name_a_version_and_no_branch_moves_what_ran_before(
    branch: str, version: Version
) -> None:
    given = tags_for(version, branch=branch, development="development", main="main")
    assert (str(version) in given) == (branch in ("development", "main"))
    assert (tags.LATEST in given) == (branch == "main")
    assert tags.PREVIOUS_UP not in given
    assert len(set(given)) == len(given)
    assert all(TAG.fullmatch(tag) for tag in given)


def test_the_tag_of_a_tree_is_the_same_for_the_same_tree_alone() -> None:
    one, other = "ab" * 32, "ba" * 32
    assert tags.tree_tag(one) == tags.tree_tag(one) != tags.tree_tag(other)
    assert TAG.fullmatch(tags.tree_tag(one))


@pytest.mark.parametrize("branch", ["development", "main", "feature/basket"])
def test_a_pull_request_gets_tags_of_its_own_and_never_those_of_a_branch(branch: str) -> None:
    given = tags_for(
        VERSION, branch=branch, development="development", main="main", pull=7, commit="abcdef" * 6 + "0123"
    )
    assert given == ("1.4.2_dev", "staging_dev", "pr-7", "sha-abcdefabcdef")


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.text("0123456789abcdef", min_size=40, max_size=40))
def test_two_pull_requests_with_the_same_number_keep_each_its_own_tag(one: int, other: int, commit: str) -> None:
    mine, theirs = (
        set(tags_for(VERSION, branch="development", development="development", main="main", pull=pull, commit=commit))
        for pull in (one, other)
    )
    assert all(TAG.fullmatch(tag) for tag in mine)
    assert (mine == theirs) == (one == other)


@pytest.mark.parametrize(
    ("change", "branch", "released"),
    [
        ("merge:shop:main:abc", "main", True),
        ("merge:shop:development:abc", "development", True),
        ("pull:shop:7:abc:main", "main", False),
        ("", "main", False),
    ],
)
def test_a_merge_that_names_its_pull_request_has_the_tags_of_its_branch(
    change: str, branch: str, released: bool
) -> None:
    image = Image(
        app="shop",
        repository="registry.example.org/team/shop",
        digest="",
        version="1.4.2",
        commit="c" * 40,
        branch=branch,
        tree="",
        built_from="",
        pull=7,
    )
    given = tags_of(example(), image, change)
    assert ("1.4.2" in given) is released
    assert ("pr-7" in given) is not released
