"""Backoff: growing distances up to a limit, and one word for a row of failures."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.backoff import Backoff, pause


@given(st.integers(0, 10_000))
def test_a_pause_never_shrinks_and_has_a_limit(times: int) -> None:
    assert pause(times, 5.0, 300.0) <= pause(times + 1, 5.0, 300.0) <= 300.0


def test_it_rests_after_a_failure_and_is_told_once() -> None:
    now = 0.0
    pauses = Backoff(5.0, 300.0, lambda: now)
    assert pauses.rests("git") == 0.0
    assert pauses.failed("git")
    assert pauses.rests("git") == 0.0
    assert not pauses.failed("git")
    assert pauses.rests("git") == 5.0
    assert pauses.rests("another") == 0.0
    now = 5.0
    assert pauses.rests("git") == 0.0
    assert not pauses.failed("git")
    assert pauses.rests("git") == 10.0
    pauses.worked("git")
    assert pauses.rests("git") == 0.0
    assert pauses.failed("git")
