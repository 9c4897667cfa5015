"""Bounded output: head and tail, for any lines."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.core.bounded_output import Bounded
from pipeline_defs.server.core.journal import MOST_OUTPUT, Notes

LINES = st.lists(
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=40), max_size=60
)
LEFT_OUT = re.compile(r"… (\d+) bytes in (\d+) lines left out …")


def heard(lines: list[str], most: int) -> list[str]:
    told: list[str] = []
    bounded = Bounded(told.append, most)
    for line in lines:
        bounded(line)
    bounded.close()
    return told


def size(lines: list[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


@given(LINES, st.integers(0, 3000))
def test_beginning_and_end_are_told_and_the_rest_is_counted(lines: list[str], most: int) -> None:
    told = heard(lines, most)
    if told == lines:
        return
    at = next(number for number, line in enumerate(told) if LEFT_OUT.fullmatch(line))
    head, tail, said = told[:at], told[at + 1 :], LEFT_OUT.fullmatch(told[at])
    assert said is not None
    assert lines[: len(head)] == head and lines[len(lines) - len(tail) :] == tail
    assert int(said[2]) == len(lines) - len(head) - len(tail)
    assert size(head) + int(said[1]) + size(tail) == size(lines)
    assert size(head) <= max(most, 2) and size(tail) <= max(most, 2)


@given(LINES)
def test_what_fits_is_told_as_it_comes(lines: list[str]) -> None:
    told: list[str] = []
    bounded = Bounded(told.append, 2 * size(lines) + 2)
    for number, line in enumerate(lines):
        bounded(line)
        assert told == lines[: number + 1]


def test_after_a_milestone_the_end_of_what_follows_is_told_too() -> None:
    told: list[str] = []
    bounded = Bounded(told.append, 400)
    for part in ("first", "second"):
        for number in range(100):
            bounded(f"{part} {number}")
        bounded.close()
    assert told[0] == "first 0" and "first 99" in told and told[-1] == "second 99"
    assert sum(LEFT_OUT.fullmatch(line) is not None for line in told) == 2


def test_what_a_step_says_is_bounded_in_the_log_on_the_server_and_its_end_stands_before_what_follows() -> None:
    notes = Notes()
    for number in range(100_000):
        notes.hear(f"{number} {'x' * 90}")
    notes.add("migrate: done")
    assert size(notes.lines) < MOST_OUTPUT + 100_000 * 4
    assert notes.lines[0].startswith("    0 x") and notes.lines[-2].startswith("    99999 x")
    assert notes.lines[-1].endswith("migrate: done")
    assert sum("left out" in line for line in notes.lines) == 1
