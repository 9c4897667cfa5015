"""Which release a run is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.deployments.release_choice import live_release, row_by_which_it_was_left, row_to_go_back_to
from pipeline_defs.orchestration.environment_config import EnvironmentConfig
from pipeline_defs.release.history import Row
from tests.unit.test_jobs import app


def history(*rows: tuple[str, str]) -> list[Row]:
    """Rows from (version, outcome), given oldest first, newest first as a history is; the newest that succeeded is live."""
    made = [
        Row(
            id=str(number),
            at="2026-05-04T11:00:00+00:00",
            app="shop",
            environment="production",
            kind="deploy",
            outcome=outcome,
            version=version,
            digest=f"sha256:{version}",
            commit=version.replace(".", "") * 13,
            run="run",
        )
        for number, (version, outcome) in enumerate(rows)
    ]
    made.reverse()
    live = next((row.id for row in made if row.outcome == "succeeded"), None)
    return [row.model_copy(update={"live": row.id == live}) for row in made]


GOOD, BAD = "succeeded", "rolled back"


@pytest.mark.parametrize(
    ("rows", "goal"),
    [
        ([("1.0.0", GOOD), ("1.1.0", GOOD)], "1.0.0"),
        ([("1.0.0", GOOD), ("1.1.0", GOOD), ("1.2.0", BAD), ("1.1.0", GOOD)], "1.0.0"),  # not to what runs already
        ([("1.0.0", GOOD), ("1.1.0", GOOD), ("1.2.0", GOOD), ("1.1.0", GOOD)], "1.0.0"),  # not forwards again
        ([("1.0.0", GOOD), ("1.1.0", "failed"), ("1.2.0", GOOD)], "1.0.0"),
    ],
)
def test_a_rollback_without_a_version_goes_to_what_ran_before(rows: list[tuple[str, str]], goal: str) -> None:
    assert row_to_go_back_to(app(), "production", history(*rows), Wanted()).version == goal


def deployed(*rows: tuple[str, str, str]) -> list[Row]:
    """Successful rows from (kind, version, configuration), given oldest first, newest first as a history is."""
    made = history(*((version, GOOD) for _, version, _ in rows))
    known = [{"kind": kind, "configuration": configuration} for kind, _, configuration in reversed(rows)]
    return [row.model_copy(update=more) for row, more in zip(made, known, strict=True)]


A, B, B2, C = ("deploy", "1.0.0", "a"), ("deploy", "1.1.0", "b"), ("deploy", "1.1.0", "b2"), ("deploy", "1.2.0", "c")


@pytest.mark.parametrize(
    ("rows", "goal"),
    [
        ([A, B, B2], ("1.1.0", "b")),
        ([A, B, B2, ("rollback", "1.1.0", "b")], ("1.0.0", "a")),
        ([A, B, B2, C, ("rollback", "1.1.0", "b2")], ("1.1.0", "b")),
        ([A, B, B2, C, ("rollback", "1.1.0", "now")], ("1.1.0", "b")),
        ([A, B, C, ("rollback", "1.1.0", "now")], ("1.0.0", "a")),
        ([A, B, B2, B], ("1.0.0", "a")),  # what was taken back by a commit is no goal either
        ([A, B, B], ("1.0.0", "a")),
        ([A, ("deploy", "1.1.0", ""), B], ("1.0.0", "a")),  # an older record, without its configuration
        ([A, B, ("rollback", "1.0.0", "a"), C], ("1.0.0", "a")),
    ],
)
def test_a_rollback_goes_to_the_release_before_also_of_the_same_version(
    rows: list[tuple[str, str, str]], goal: tuple[str, str]
) -> None:
    found = row_to_go_back_to(app(), "production", deployed(*rows), Wanted())
    assert (found.version, found.configuration) == goal


@given(st.lists(st.sampled_from([A, B, B2, C, ("deploy", "1.2.0", "c2")]), min_size=2, max_size=8, unique=True))
def test_rollbacks_one_after_the_other_go_through_all_that_ran(rows: list[tuple[str, str, str]]) -> None:
    gone = list(rows)
    for expected in reversed(rows[:-1]):
        found = row_to_go_back_to(app(), "production", deployed(*gone), Wanted())
        assert (found.version, found.configuration) == expected[1:]
        gone.append(("rollback", *expected[1:]))
    with pytest.raises(DeploymentError, match="is the first release"):
        row_to_go_back_to(app(), "production", deployed(*gone), Wanted())


def test_a_rollback_goes_to_any_version_that_ever_ran() -> None:
    rows = history(("1.0.0", GOOD), ("1.1.0", GOOD), ("1.2.0", GOOD))
    assert row_to_go_back_to(app(), "production", rows, Wanted(version="v1.0.0")).version == "1.0.0"
    assert row_to_go_back_to(app(), "production", rows, Wanted(commit="110110")).version == "1.1.0"


def test_a_release_was_left_by_the_next_one_that_ran() -> None:
    rows = history(("1.0.0", GOOD), ("1.1.0", BAD), ("1.2.0", GOOD), ("1.3.0", GOOD))
    three, two, _, one = rows
    assert row_by_which_it_was_left(rows, one) == two
    assert row_by_which_it_was_left(rows, two) == three
    assert row_by_which_it_was_left(rows, three) == three


@pytest.mark.parametrize("choice", ["keep", "downgrade", "restore"])
def test_what_becomes_of_the_database_is_one_of_three(choice: str) -> None:
    assert EnvironmentConfig(database=choice).choice == choice
    assert EnvironmentConfig().choice is None


def test_any_other_word_about_the_database_is_refused() -> None:
    with pytest.raises(DeploymentError, match="database is 'drop', and may be keep, downgrade, restore, or nothing"):
        _ = EnvironmentConfig(database="drop").choice


@pytest.mark.parametrize(
    ("rows", "wanted", "sentence"),
    [
        ([], Wanted(), "there is nothing to go back from: no release ran in production of shop yet"),
        ([("1.0.0", GOOD)], Wanted(), "1.0.0 is the first release that ran in production of shop"),
        (
            [("1.0.0", GOOD)],
            Wanted(version="2.0.0"),
            "2.0.0 never ran in production of shop; versions that did: 1.0.0",
        ),
        ([("1.0.0", BAD)], Wanted(version="1.0.0"), "versions that did: none"),
    ],
)
def test_what_cannot_be_gone_back_to_is_said(rows: list[tuple[str, str]], wanted: Wanted, sentence: str) -> None:
    with pytest.raises(DeploymentError) as failure:
        row_to_go_back_to(app(), "production", history(*rows), wanted)
    assert sentence in str(failure.value)


def test_what_is_live_is_read_from_the_history() -> None:
    live = live_release(app(), history(("1.0.0", GOOD), ("1.1.0", BAD)))
    assert live is not None
    assert live.version == "1.0.0"
    assert live_release(app(), history(("1.0.0", BAD))) is None
