"""Shipline commits: known by what they are and where they stand, not by what they say of themselves."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.shipline_commits import (
    CommitDetails,
    change_below,
    gives_version,
    level_message,
    merge_message,
    version_message,
)
from pipeline_defs.release.version import Version

HEAD, MAIN, OTHER = "a" * 40, "b" * 40, "c" * 40
FILE = "version.txt"
VERSION = CommitDetails(OTHER, (HEAD,), version_message(Version(1, 2, 3), HEAD), (FILE,))
MERGE = CommitDetails(OTHER, (HEAD, MAIN), merge_message("main", "development", MAIN), (FILE,))
LEVEL = CommitDetails(OTHER, (HEAD,), level_message(Version(1, 3, 0), MAIN), (FILE,))

texts = st.sampled_from([VERSION.message, MERGE.message, LEVEL.message]) | st.text()
details = st.builds(
    CommitDetails,
    id=st.just(OTHER),
    parents=st.lists(st.sampled_from([HEAD, MAIN]), max_size=3).map(tuple),
    message=texts,
    files=st.lists(st.sampled_from([FILE, "app.py", "app/version.txt", "VERSION.TXT", ""]), max_size=2).map(tuple),
)


@pytest.mark.parametrize("own", [VERSION, MERGE, LEVEL])
def test_an_own_commit_stands_for_what_is_below_it(own: CommitDetails) -> None:
    assert change_below(own, FILE) == HEAD
    assert change_below(replace(own, message=own.message.replace("\n", "\r\n")), FILE) == HEAD
    assert gives_version(own, FILE) is (own is VERSION)
    assert change_below(replace(own, files=(FILE, "app.py")), FILE) is None
    assert change_below(replace(own, files=("app.py",)), FILE) is None
    assert change_below(own, "app/version.txt") is None
    assert change_below(replace(own, parents=()), FILE) is None


@pytest.mark.parametrize(
    "forged",
    [
        replace(VERSION, parents=(OTHER,)),  # copied to another place, by a rebase or by hand
        replace(VERSION, parents=(HEAD, MAIN)),
        replace(VERSION, files=()),
        replace(VERSION, message=f"{VERSION.message}Shipline-Version-Of: {OTHER}\n"),
        replace(VERSION, message=f"{VERSION.message}\nand more"),
        replace(VERSION, message=f"About Shipline-Version-Of: {HEAD}"),
        replace(VERSION, message=""),
        replace(MERGE, parents=(HEAD, OTHER)),
        replace(MERGE, parents=(MAIN, HEAD)),
        replace(MERGE, parents=(HEAD, MAIN, OTHER)),
        replace(MERGE, parents=(HEAD,)),
        replace(LEVEL, files=()),
    ],
)
def test_a_trailer_alone_makes_no_own_commit(forged: CommitDetails) -> None:
    assert change_below(forged, FILE) is None
    assert not gives_version(forged, FILE)


@given(details)
def test_nothing_but_the_number_is_ever_skipped(commit: CommitDetails) -> None:
    below = change_below(commit, FILE)
    if below is not None:
        assert set(commit.files) <= {FILE}
        assert below == commit.parents[0]
