"""The difference between two releases: pull requests by what commits say, migrations by where they are, files line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.deployed_changes import pull_numbers
from pipeline_defs.release.undeployed_changes import file_changes, migration_files, variable_changes

TEXTS = st.dictionaries(st.sampled_from(["a.yml", "b.yml", "c/d.json"]), st.text(alphabet="ab\n", max_size=20))
NAMES = st.sets(st.sampled_from(["A", "B", "C", "D"]))


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Merge pull request #7 from acme/12-cart", 7),
        ("Cheaper carts (#12)", 12),
        ("Merge pull request #0 from x", None),
        ("Fixes #3", None),
        ("(#4) first", None),
        ("Revert to (#5) again", None),
        (f"x (#{'9' * 12})", None),
    ],
)
def test_a_pull_request_is_named_as_github_names_it(subject: str, number: int | None) -> None:
    assert pull_numbers([subject, subject]) == ([] if number is None else [number])


def test_migrations_are_known_by_folder_and_ending() -> None:
    paths = [
        "migrations/versions/0004_x.py",
        "db/migrations/1.sql",
        "alembic/versions/a.py",
        "shop/versions.py",
        "migrations/README",
    ]
    assert migration_files(paths) == ("migrations/versions/0004_x.py", "db/migrations/1.sql", "alembic/versions/a.py")


def test_a_changed_file_is_told_by_its_lines() -> None:
    [change] = file_changes({"p.yml": "a\nb\nc\n"}, {"p.yml": "a\nB\nc\nd\n"})
    assert (change.how, change.counts) == ("changed", (2, 1))
    assert change.lines[1:] == (" a", "-b", "+B", " c", "+d")


@given(TEXTS, TEXTS)
def test_files_that_differ_are_told_and_no_others(before: dict[str, str], after: dict[str, str]) -> None:
    told = {change.path: change.how for change in file_changes(before, after)}
    assert {path for path, how in told.items() if how == "new"} == set(after) - set(before)
    assert {path for path, how in told.items() if how == "gone"} == set(before) - set(after)
    assert {path for path, how in told.items() if how == "changed"} == {
        p for p in before if p in after and before[p] != after[p]
    }
    assert file_changes(after, after) == ()


@given(NAMES, NAMES)
def test_variables_come_and_go_by_name(before: set[str], after: set[str]) -> None:
    told = variable_changes(before, after)
    assert {name for name, how in told.items() if how == "new"} == after - before
    assert {name for name, how in told.items() if how == "gone"} == before - after
