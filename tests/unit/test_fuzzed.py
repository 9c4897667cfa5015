"""Whatever comes from outside is read, or refused by the reader's own error."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fuzz_corpus import kept
from tests.support.fuzzed import FAILED, READERS, contents, outcome


@pytest.mark.parametrize("of", READERS)
def test_the_example_is_read(of: str) -> None:
    READERS[of].read(READERS[of].example)


@pytest.mark.parametrize("of", READERS)
@given(given=st.data())
def test_what_is_almost_right_is_read_or_refused(of: str, given: st.DataObject) -> None:
    content = given.draw(contents(of))
    with contextlib.suppress(*READERS[of].raises):
        READERS[of].read(content)


@pytest.mark.parametrize("of", READERS)
def test_what_is_kept_in_the_corpus_is_read_or_refused(of: str) -> None:
    texts = kept(of)
    assert texts
    assert [said for text in texts if (said := outcome(of, text)).startswith(FAILED)] == []
