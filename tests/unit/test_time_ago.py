"""Distances before now as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.time_ago import AgoError, seconds_ago


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), (" 2h ", 7200), ("1d", 86_400)])
def test_a_distance_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert seconds_ago(text) == seconds


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    try:
        assert seconds_ago(text) > 0
    except AgoError as error:
        assert "write 30s, 10m, 2h or 1d" in str(error)
