"""Secrets in every form in which programs print them, cut anywhere: none shows, and a log without them stays as it is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret, mask
from pipeline_defs.resources.process_output import Output
from tests.support.hostile_secrets import FORMS, left_of, ordinary_log, secrets

values = st.builds(lambda number: secrets(10, random.Random(number)), st.integers(0, 10**6)).flatmap(st.sampled_from)


def hear(said: str, hidden: list[Secret], chance: random.Random) -> tuple[list[str], str]:
    """The lines that were heard, and the text that was kept, of what came in random portions."""
    data, lines = said.encode(), []
    stream = Output(lines.append, hidden)
    while data:
        size = chance.choice([1, 7, 100, 40_000])
        stream.feed(data[:size])
        data = data[size:]
    return lines, stream.close()


@pytest.mark.parametrize("form", FORMS)
@given(value=values, seed=st.integers(0, 10**6))
def test_no_form_of_a_secret_is_told(form: str, value: str, seed: int) -> None:
    chance = random.Random(seed)
    printed = FORMS[form](value, chance)
    assert left_of(value, printed, printed)
    lines, kept = hear(f"begins\nsaid: {printed} so\nends\n", [Secret(value)], chance)
    for told in ("\n".join(lines), kept, mask(printed, [Secret(value)])):
        assert "***" in told
        assert left_of(value, printed, told) == ""
    assert (lines[0], lines[-1]) == ("begins", "ends")


@pytest.mark.parametrize("form", FORMS)
def test_no_form_is_told_where_a_long_line_is_cut(form: str) -> None:
    chance = random.Random(form)
    for value in secrets(20, chance)[5:10]:
        printed = FORMS[form](value, chance)
        filler = "x" * (64 * 2**10 - chance.randrange(len(printed)))
        lines, kept = hear(f"{filler}{printed} {filler}", [Secret(value)], chance)
        assert left_of(value, printed, "".join(lines)) == left_of(value, printed, kept) == ""


def test_an_ordinary_log_stays_as_it_is_with_many_secrets() -> None:
    chance = random.Random(1)
    hidden = [Secret(value) for value in secrets(200, chance)]
    log = ordinary_log(2**20, chance)
    _, kept = hear(log, hidden, chance)
    assert kept == log


def test_a_line_is_told_at_once_unless_a_secret_may_go_on_in_the_next() -> None:
    lines: list[str] = []
    stream = Output(lines.append, [Secret("first line\nsecond line")])
    stream.feed(b"hello\nfirst line\n")
    assert lines == ["hello"]
    stream.feed(b"another line\n")
    assert lines == ["hello", "***", "another line"]
