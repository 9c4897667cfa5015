"""Trace: one version, digest or commit leads to everything that belongs to it, and to nothing else."""

import pytest

from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Image
from pipeline_defs.release.trace import TraceError, trace

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
FIRST, MERGE, SECOND = "1" * 40, "1234" + "5" * 36, "2" * 40


def image(version: str, digest: str, commit: str, built_from: str = "") -> Image:
    return Image(
        app="shop", repository="r.example/shop", digest=digest, version=version, commit=commit, branch="main",
        tree="t" * 64, built_from=built_from or commit,
    )  # fmt: skip


def row(number: int, version: str, digest: str, commit: str, environment: str = "production") -> Row:
    return Row(
        id=str(number), at="2026-05-04T12:00:00+00:00", app="shop", environment=environment, kind="deploy",
        outcome="succeeded", version=version, digest=digest, commit=commit, run="r",
    )  # fmt: skip


# One tree, built for the first commit as 1.0.1 and promoted for the merge as 1.1.0; then another tree.
IMAGES = [image("1.2.0", B, SECOND), image("1.1.0", A, MERGE, built_from=FIRST), image("1.0.1", A, FIRST)]
REHEARSALS = [row(2, "1.0.1", A, FIRST, "staging")]
DEPLOYMENTS = [row(9, "1.2.0", B, SECOND), row(8, "1.1.0", A, MERGE)]


def found(query: str) -> tuple[list[str], list[str], list[str]]:
    result = trace(query, IMAGES, REHEARSALS, DEPLOYMENTS)
    return (
        [each.version for each in result.images],
        [each.id for each in result.rehearsals],
        [each.id for each in result.deployments],
    )


@pytest.mark.parametrize("query", ["1.1.0", "v1.1.0", " 1.1.0 "])
def test_a_version_leads_to_its_deployments_and_to_the_rehearsal_of_its_digest(query: str) -> None:
    assert found(query) == (["1.1.0"], ["2"], ["8"])


def test_a_version_that_only_shares_the_digest_was_not_deployed() -> None:
    assert found("1.0.1") == (["1.0.1"], ["2"], [])


def test_the_check_of_a_pull_request_is_not_the_version_that_was_released_later() -> None:
    """It was built while the number before was still the newest."""
    checked = image("1.2.0", A, FIRST).model_copy(update={"tags": ("1.2.0_dev", "pr-6")})
    released = image("1.2.0", B, SECOND).model_copy(update={"tags": ("1.2.0", "latest")})
    assert trace("1.2.0", [checked, released], REHEARSALS, DEPLOYMENTS).images == (released,)
    assert trace("1.2.0", [checked], [], []).images == (checked,)


@pytest.mark.parametrize("query", [A, "a" * 64, "aaaa", "sha256:aaaa", "AAAA"])
def test_a_digest_leads_to_every_version_it_was_promoted_as(query: str) -> None:
    assert found(query) == (["1.1.0", "1.0.1"], ["2"], ["8"])


def test_the_commit_that_built_an_image_leads_to_where_the_image_went() -> None:
    assert found("1111") == (["1.1.0", "1.0.1"], ["2"], ["8"])
    assert found(SECOND) == (["1.2.0"], [], ["9"])


def test_what_was_deployed_without_an_image_on_record_is_found_too() -> None:
    result = trace("1.2.0", [], [], DEPLOYMENTS)
    assert (result.images, [each.id for each in result.deployments]) == ((), ["9"])


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("3.0.0", "no image, rehearsal or deployment has the name '3.0.0'; known are 1.2.0, 1.1.0, 1.0.1"),
        ("dead", "has the name 'dead'"),
        ("aaa", "has the name 'aaa'"),
        ("latest", "has the name 'latest'"),
        ("#99", "has the name '#99'"),
        ("", "is no name; ask for a version such as 1.4.2, 4 or more digits of a digest or commit, #12"),
        ("a b", "is no name"),
    ],
)
def test_an_unknown_thing_is_named_with_what_could_be_asked(query: str, says: str) -> None:
    with pytest.raises(TraceError) as error:
        trace(query, IMAGES, REHEARSALS, DEPLOYMENTS)
    assert says in str(error.value)


def test_a_beginning_that_several_have_in_common_is_refused_with_their_names() -> None:
    twins = [image("1.0.0", A, "abcd" + "0" * 36), image("1.0.1", B, "abcd" + "1" * 36)]
    with pytest.raises(
        TraceError, match=r"'abcd' is the beginning of 2 .*: abcd00000000, abcd11111111; give more digits"
    ):
        trace("abcd", twins, [], [])


def test_nothing_at_all_says_so() -> None:
    with pytest.raises(TraceError, match="nothing was recorded yet"):
        trace("1.0.0", [], [], [])
