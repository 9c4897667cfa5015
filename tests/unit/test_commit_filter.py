"""Which commits an app answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.commit_filter import asks_to_skip, concerns

WORDS = ["skip ci", "ci skip", "no ci", "skip actions", "actions skip"]


@given(st.sampled_from(WORDS), st.text(), st.text())
def test_a_message_with_one_of_the_words_asks_to_skip(word: str, before: str, after: str) -> None:
    assert asks_to_skip(f"{before}[{word}]{after}")
    assert asks_to_skip(f"{before}[{word.upper()}]{after}")


@pytest.mark.parametrize("message", ["skip ci", "[skip-ci]", "[skip  ci]", "Describe [skip] ci", "***NO_CI***"])
def test_others_do_not(message: str) -> None:
    assert not asks_to_skip(message)


@pytest.mark.parametrize(
    ("paths", "files", "counts"),
    [
        ([], ["anything"], True),
        (["api/"], ["api/a.py"], True),
        (["api/**"], ["api/deep/a.py"], True),
        (["api"], ["apis/a.py", "worker/api/a.py"], False),
        (["api/", "!api/docs"], ["api/docs/a.md"], False),
        (["api/", "!api/docs"], ["api/docs/a.md", "api/a.py"], True),
        (["*.toml"], ["worker/x.toml"], False),
        (["**/*.toml"], ["worker/x.toml"], True),
        (["api/"], [], False),
    ],
)
def test_files_count_where_a_pattern_names_them(paths: list[str], files: list[str], counts: bool) -> None:
    assert concerns(paths, files) is counts
