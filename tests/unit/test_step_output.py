"""Step output: the steps of a round trip are told as they come, each once, with what it said."""

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.chain import Chain, Link
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.step_output import StepOutput

lines = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=10), max_size=3)


@dataclass
class Told:
    """Whoever wants to know how it goes; `all` is what there was, in order."""

    all: list[tuple[str, ...]] = field(default_factory=list)
    heard: dict[str, list[str]] = field(default_factory=dict)

    def begins(self, step: Step) -> None:
        self.all.append(("begins", step.name))

    def says(self, line: str) -> None:
        self.all.append(("says", line))

    def ends(self, step: Step, seconds: float, outcome: str, heard: list[tuple[float, str]]) -> None:
        assert seconds >= 0
        self.all.append((outcome, step.name))
        self.heard[step.name] = [line for _, line in heard]


def step(name: str, said: list[str], status: int = 0, *, secret: bool = False) -> Step:
    text = 'status=$1; shift; for line; do echo "$line"; done; exit $status'
    return Step(name, script(text, str(status), *said), secret=secret)


def hear(steps: list[Step], *before: Link) -> tuple[Told, StepOutput]:
    """Execute the steps in one round trip, after links that are none."""
    told = Told()
    chain = Chain(
        [*before, *(Link(each.name, each.command, runs_with_previous=each.runs_with_previous) for each in steps)]
    )
    hearing = StepOutput(chain, steps, told)
    LocalRunner().run(chain.command, timeout=30, listen=hearing)
    return told, hearing


@settings(max_examples=20, deadline=None)
@given(st.lists(lines, min_size=1, max_size=4))
def test_steps_are_told_in_order_and_the_last_ends_when_it_is_known_how(said: list[list[str]]) -> None:
    steps = [step(f"step {number}", each) for number, each in enumerate(said)]
    told, hearing = hear(steps)
    expected: list[tuple[str, ...]] = []
    for each, texts in zip(steps, said, strict=True):
        expected += [("begins", each.name), *(("says", text) for text in texts), ("done", each.name)]
    assert told.all == expected[:-1]
    for each in steps:
        hearing.succeeds(each)
    assert told.all == expected
    assert told.heard == {each.name: texts for each, texts in zip(steps, said, strict=True)}


def test_the_last_step_may_be_refused_for_what_it_said() -> None:
    one, two = step("one", []), step("two", ["no"])
    told, hearing = hear([one, two])
    hearing.succeeds(one)  # it has told so itself
    hearing.fails(two)
    hearing.fails(two)  # nothing runs any more
    assert told.all == [("begins", "one"), ("done", "one"), ("begins", "two"), ("says", "no"), ("failed", "two")]


def test_a_step_that_fails_in_the_middle_is_the_last() -> None:
    two = step("two", ["oh"], 3)
    told, hearing = hear([step("one", []), two, step("three", [])])
    hearing.fails(two)
    assert told.all == [("begins", "one"), ("done", "one"), ("begins", "two"), ("says", "oh"), ("failed", "two")]


def test_what_decides_is_told_when_it_is_known_how_and_what_ran_beside_it_is_heard_all_the_same() -> None:
    tests = replace(step("test", ["1 failed"], 1), counts="tests")
    beside, never = replace(step("revision", ["0004"]), runs_with_previous=True), step("never", [])
    told, hearing = hear([tests, beside, never])
    begun = [("begins", "test"), ("says", "1 failed"), ("begins", "revision"), ("says", "0004"), ("done", "revision")]
    assert told.all == begun
    hearing.fails(tests)
    assert told.all == [*begun, ("failed", "test")]


def test_what_breaks_off_has_failed_and_what_had_ended_before_is_told() -> None:
    tests = replace(step("test", ["fine"]), counts="tests")
    told, hearing = hear([tests, replace(step("revision", []), runs_with_previous=True)])
    hearing.breaks_off()
    assert told.all[-2:] == [("done", "test"), ("done", "revision")]
    assert not told.all.count(("failed", "revision"))


def test_of_a_step_that_says_very_much_beginning_and_end_are_kept() -> None:
    one = Step("one", script('awk "BEGIN { for (i = 0; i < 60000; i++) print i, \\"$1\\" }"', "x" * 90))
    told, hearing = hear([one])
    hearing.succeeds(one)
    heard = told.heard["one"]
    assert len(told.all) == 60_002 and heard[0].startswith("0 x") and heard[-1].startswith("59999 x")
    assert sum(map(len, heard)) < 5 * 2**20 and len(heard) < 50_000


def test_what_is_secret_is_neither_told_nor_kept() -> None:
    one = step("one", ["s3cret"], secret=True)
    told, hearing = hear([one])
    hearing.fails(one)
    assert told.all == [("begins", "one"), ("failed", "one")]
    assert told.heard == {"one": []}


def test_links_that_are_no_steps_are_not_heard() -> None:
    told, _ = hear([step("one", ["here"]), step("two", [])], Link("to log", script("echo noise; echo more >&2")))
    assert told.all[0] == ("begins", "one")
    assert ("says", "noise") not in told.all


def test_two_steps_of_one_name_are_two() -> None:
    last = step("down", ["b"])
    told, hearing = hear([step("down", ["a"]), last])
    assert told.all == [("begins", "down"), ("says", "a"), ("done", "down"), ("begins", "down"), ("says", "b")]
    hearing.fails(last)
    assert told.all[-1] == ("failed", "down")


@pytest.mark.parametrize("order", sorted(set(itertools.permutations("oooee"))), ids="".join)
def test_no_line_is_lost_whichever_stream_comes_first(order: tuple[str, ...]) -> None:
    one, told = step("one", []), Told()
    chain = Chain([Link(one.name, one.command)])
    hearing = StepOutput(chain, [one], told)
    hearing(f"{chain.mark} begin one")
    streams = {"o": iter(["out 1", "out 2", f"{chain.mark} end 0"]), "e": iter(["err", chain.mark])}
    for stream in order:
        hearing(next(streams[stream]))
    hearing.succeeds(one)
    assert sorted(told.heard["one"]) == ["err", "out 1", "out 2"]
    assert told.all[-1] == ("done", "one")


def test_a_step_has_ended_whose_standard_error_was_not_heard_to_its_end() -> None:
    one, told = step("one", []), Told()
    chain = Chain([Link(one.name, one.command)])
    hearing = StepOutput(chain, [one], told)
    for line in (f"{chain.mark} begin one", f"{chain.mark} end 0"):
        hearing(line)
    hearing.breaks_off()
    assert told.all == [("begins", "one"), ("done", "one")]
