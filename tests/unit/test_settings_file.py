"""The settings file: what somebody set in the environment wins, and everything else is what the file says now."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.settings_file import TAKEN, apply, pinned, take

NAMES = st.sampled_from(["A", "B", "C", "D"])
LINES = st.dictionaries(NAMES, st.one_of(st.none(), st.text("xy =", max_size=3)))
OWN = st.dictionaries(NAMES, st.text("xyz", max_size=2))


@given(OWN, st.lists(LINES, min_size=1, max_size=5))
def test_the_environment_is_what_was_set_and_else_what_the_file_says_now(
    own: dict[str, str], states: list[dict[str, str | None]]
) -> None:
    environment = dict(own)
    for lines in states:  # each may be read by another process, which inherits what the one before had
        apply(lines, environment)
        known = {name: value for name, value in environment.items() if name != TAKEN}
        assert known == {**{name: value for name, value in lines.items() if value is not None}, **own}


def test_what_was_set_after_the_file_was_read_wins_too() -> None:
    environment: dict[str, str] = {}
    apply({"A": "old"}, environment)
    environment["A"] = "mine"
    apply({"A": "new"}, environment)
    assert environment["A"] == "mine"


def test_no_value_stands_among_the_names_that_are_passed_on() -> None:
    environment: dict[str, str] = {}
    apply({"PASSWORD": "correct-horse"}, environment)
    assert "correct-horse" not in environment[TAKEN]


def test_a_changed_file_is_taken_but_not_while_a_stage_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENDS_PASSWORD", raising=False)
    monkeypatch.setenv(TAKEN, os.environ.get(TAKEN, ""))
    file = tmp_path / ".env"
    file.write_text("ENDS_PASSWORD=first\n")
    take(file)
    assert os.environ["ENDS_PASSWORD"] == "first"
    file.write_text("ENDS_PASSWORD=the second one\n")
    with pinned():
        take(file)
        assert os.environ["ENDS_PASSWORD"] == "first"
    take(file)
    assert os.environ["ENDS_PASSWORD"] == "the second one"
    file.unlink()
    take(file)
    assert "ENDS_PASSWORD" not in os.environ
