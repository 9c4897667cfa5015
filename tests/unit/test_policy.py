"""Policy: what may not be shipped, and the sentence that says why and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.policy import not_rehearsed, older_than_live, overtakes, rewritten, version_taken
from pipeline_defs.release.version import Version
from tests.unit.sample import release

versions = st.builds(Version, *[st.integers(0, 30)] * 3)


@given(versions, versions)
def test_an_older_version_never_overtakes_a_newer_one(candidate: Version, live: Version) -> None:
    refusal = older_than_live(release(str(candidate)), release(str(live)))
    assert (refusal is not None) == (candidate < live)


def test_the_first_release_overtakes_nothing() -> None:
    assert older_than_live(release("0.0.0"), None) is None


def test_the_refusal_of_an_older_version_says_both_ways_out() -> None:
    refusal = older_than_live(release("1.9.0"), release("1.10.0"))
    assert refusal == (
        "version 1.9.0 is older than 1.10.0, which runs there now; raise the version, "
        "or go back on purpose with: shipline rollback shop --to 1.9.0"
    )


def test_a_released_number_stays_with_its_image() -> None:
    mine, other = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    assert version_taken("shop", "1.0.0", mine, None) is None
    assert version_taken("shop", "1.0.0", mine, mine) is None
    refusal = version_taken("shop", "1.0.0", mine, other)
    assert refusal is not None
    assert refusal.startswith("version 1.0.0 of shop already names the image sha256:bbbbbbbbbbbb…")
    assert "raise the version (only compose files and collections may change" in refusal


@pytest.mark.parametrize(
    ("rehearsed", "required", "refused"),
    [(True, True, False), (True, False, False), (False, False, False), (False, True, True)],
)
def test_a_release_that_no_rehearsal_passed_is_refused_where_one_is_asked_for(
    rehearsed: bool, required: bool, refused: bool
) -> None:
    refusal = not_rehearsed(release("1.4.2"), rehearsed, required)
    assert (refusal is not None) == refused
    if refusal is not None:
        assert "has not passed a rehearsal" in refusal
        assert refusal.endswith("shipline run stage shop --version 1.4.2")


def test_a_branch_that_was_rewritten_is_deployed_by_a_person_alone() -> None:
    assert rewritten("main", False) is None
    assert rewritten("main", True) == (
        "main was rewritten, so its image is made but not deployed by itself; a person may deploy it"
    )


@pytest.mark.parametrize(
    ("newer_is_automatic", "older_is_automatic", "overtaken"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_a_newer_deployment_overtakes_but_for_a_person(
    newer_is_automatic: bool, older_is_automatic: bool, overtaken: bool
) -> None:
    assert overtakes(newer_is_automatic, older_is_automatic) is overtaken
