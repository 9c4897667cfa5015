"""Records: written once, kept as JSON, read back the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_defs.release.evidence import Failure, LintCounts, Record, StepTiming, TestCounts
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from tests.unit.sample import release

small = st.integers(0, 50)
seconds = st.floats(0, 1e6, allow_nan=False).map(lambda value: round(value, 3))
failures = st.lists(st.builds(Failure, name=st.text(), message=st.text()), max_size=3).map(tuple)
counts = st.builds(
    TestCounts, tests=small, failures=small, errors=small, skipped=small, seconds=seconds, failed=failures
)
lint = st.builds(LintCounts, command=st.text(), errors=small, by_code=st.dictionaries(st.text(), small, max_size=3))
steps = st.lists(st.builds(StepTiming, step=st.text(), seconds=seconds), max_size=3).map(tuple)
releases = st.builds(
    Release, **dict.fromkeys(("app", "version", "repository", "digest", "commit", "configuration"), st.text())
)
texts = st.none() | st.text()
records = (
    st.builds(Image, tests=st.none() | counts, lint=st.none() | lint, steps=steps, tags=st.tuples(st.text()))
    | st.builds(Rehearsal, release=releases, tests=st.none() | counts, steps=steps, error=texts, seconds=seconds)
    | st.builds(Deployment, release=releases, previous=st.none() | releases, e2e=counts, error=texts, seconds=seconds)
)


@given(records)
def test_a_record_is_read_back_from_its_json_as_it_was(record: Record) -> None:
    assert type(record).model_validate_json(record.model_dump_json()) == record


def test_a_record_is_not_edited_and_takes_no_unknown_words() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        release().version = "9.9.9"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        release(nickname="x")


def test_an_image_is_named_by_its_digest_never_by_a_tag() -> None:
    digest = f"sha256:{'ab' * 32}"
    image = Image(
        app="shop",
        repository="registry.example.org:5000/team/shop",
        digest=digest,
        version="1.4.2",
        commit="c" * 40,
        branch="main",
        tree="t" * 64,
        built_from="c" * 40,
        tags=("1.4.2", "latest"),
    )
    assert image.reference == f"registry.example.org:5000/team/shop@{digest}"
    assert release().reference == f"registry.example.org/team/shop@{digest}"


def test_the_name_of_a_release_is_a_file_name_that_tells_releases_apart() -> None:
    name = release().name
    assert re.fullmatch(r"[A-Za-z0-9.-]+", name)
    others = [
        release(version="1.4.3"),
        release(digest=f"sha256:{'cd' * 32}"),
        release(configuration="0" * 64),
        release(configuration=""),
    ]
    assert len({name, *(other.name for other in others)}) == 5
    assert release(commit="d" * 40).name == name  # the same image with the same configuration runs the same


@given(counts, counts)
def test_counts_add_up(one: TestCounts, other: TestCounts) -> None:
    both = one + other
    assert both.tests == one.tests + other.tests
    assert both.failed == (*one.failed, *other.failed)
    assert (both.failures + both.errors == 0) == (one.failures + one.errors + other.failures + other.errors == 0)


@pytest.mark.parametrize(
    ("made", "passed", "told"),
    [
        (TestCounts(tests=3, seconds=1.25), True, "3 passed in 1.2 s"),
        (TestCounts(tests=3, skipped=1), True, "2 passed, 1 skipped in 0.0 s"),
        (TestCounts(tests=5, failures=1, errors=1, skipped=1), False, "2 passed, 2 failed, 1 skipped in 0.0 s"),
        (TestCounts(tests=0), False, "0 passed in 0.0 s"),  # nothing was tested, so nothing is proven
    ],
)
def test_counts_are_judged_and_told(made: TestCounts, passed: bool, told: str) -> None:
    assert made.passed is passed
    assert str(made) == told


def test_a_deployment_tells_its_intent_and_its_end_under_the_same_id() -> None:
    begun = Deployment(
        id="20260131T120000Z-1a2b3c4d",
        kind=DeploymentKind.DEPLOY,
        release=release(),
        environment="production",
        outcome=Outcome.STARTED,
        started="2026-01-31T12:00:00+00:00",
    )
    ended = begun.model_copy(update={"outcome": Outcome.ROLLED_BACK})
    assert (begun.id, begun.outcome.value, ended.outcome.value) == (ended.id, "started", "rolled back")
