"""Superseding: the newest head runs, what has begun goes on, the rest is answered by the newest."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.superseding import Head, Superseding, supersede

heads = st.lists(st.builds(Head, commit=st.sampled_from("abcdef"), begun=st.booleans()), max_size=8)


def test_the_newest_runs_and_answers_for_those_that_wait() -> None:
    assert supersede([Head("a"), Head("b"), Head("c")]) == Superseding(("c",), {"a": "c", "b": "c"})
    assert supersede([Head("a", begun=True), Head("b"), Head("c")]) == Superseding(("a", "c"), {"b": "c"})
    assert supersede([Head("a")]) == Superseding(("a",), {})
    assert supersede([]) == Superseding((), {})


def test_a_branch_that_came_back_is_there_again() -> None:
    assert supersede([Head("a"), Head("b"), Head("a")]) == Superseding(("a",), {"b": "a"})


@given(heads)
def test_every_head_runs_or_is_superseded_by_one_that_runs(given_heads: list[Head]) -> None:
    result = supersede(given_heads)
    assert set(result.runs) | set(result.superseded) == {head.commit for head in given_heads}
    assert not set(result.runs) & set(result.superseded)
    assert {head.commit for head in given_heads if head.begun} <= set(result.runs)
    assert set(result.superseded.values()) <= {given_heads[-1].commit} if given_heads else not result.superseded
    assert not given_heads or result.runs[-1] == given_heads[-1].commit
