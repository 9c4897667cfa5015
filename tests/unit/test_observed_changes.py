"""Observed changes: what was changed follows from what was true before and after, and from nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.core.snapshot import Container, Snapshot, read_snapshot, write_snapshot
from pipeline_defs.server.state.observed_changes import (
    NOT_ASKED,
    Revision,
    Written,
    database_changes,
    differences,
    not_as_before,
    touched,
    with_database,
)

WEB = Container("1", "shop-web-1", "image-a", "running", "0", "web", "h1")
DB = Container("2", "shop-db-1", "postgres", "running", "0", "db", "h2")
BEFORE = Snapshot((WEB, DB), {"shop_data": "then"}, "/releases/1", "", "shop-web-1:8000")
BESIDE = replace(WEB, id="3", name="shop-web-2", image="image-b", hash="h3")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(BEFORE, containers=(DB,)), "the container shop-web-1 of the service web is gone"),
        (
            replace(BEFORE, containers=(WEB, replace(DB, state="exited"))),
            "the container shop-db-1 of the service db is exited and was running",
        ),
        (replace(BEFORE, containers=(replace(WEB, name="leaving-shop-web-1"), DB)), "called leaving-shop-web-1"),
        (replace(BEFORE, volumes={}), "the volume shop_data is gone"),
        (replace(BEFORE, volumes={"shop_data": "now"}), "the volume shop_data was made anew"),
        (replace(BEFORE, current="/releases/2"), "current leads to /releases/2 and led to /releases/1"),
        (replace(BEFORE, note="migrate"), "a rollback has changed the database: migrate"),
        (replace(BEFORE, route="shop-web-2:8000"), "the router passes requests on to another container"),
        (None, NOT_ASKED),
    ],
)
def test_whatever_serves_or_keeps_data_and_differs_was_changed(after: Snapshot | None, said: str) -> None:
    assert any(said in each for each in differences(BEFORE, after))
    assert any(said in each for each in touched(BEFORE, after))


@pytest.mark.parametrize(
    "after",
    [
        replace(BEFORE, containers=(WEB, DB, BESIDE)),
        replace(BEFORE, volumes={"shop_data": "then", "shop_new": "now"}),
    ],
)
def test_what_was_only_added_counts_where_it_stays(after: Snapshot) -> None:
    assert differences(BEFORE, after) and touched(BEFORE, after) == ()


def test_what_restarts_by_itself_was_not_changed() -> None:
    assert differences(BEFORE, replace(BEFORE, containers=(WEB, replace(DB, state="restarting")))) == ()


def test_after_a_way_back_the_same_runs_whatever_its_containers_are_called() -> None:
    anew = replace(WEB, id="9", name="shop-web-7")
    assert not_as_before(BEFORE, replace(BEFORE, containers=(anew, DB))) == ()
    assert not_as_before(BEFORE, replace(BEFORE, containers=(BESIDE, DB))) == (
        "the service web does not run as before",
        "the service web runs otherwise than before",
    )
    assert not_as_before(BEFORE, replace(BEFORE, containers=(WEB,))) == ("the service db does not run as before",)
    assert not_as_before(BEFORE, None) == ("the server could not be asked what runs",)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (Written(), ()),
        (Written(before=Revision(True, "1")), ()),
        (Written(("migrate",), (), Revision(True, "1"), Revision(True, "1")), ()),
        (
            Written(("migrate",), (), Revision(True, "1"), Revision(True, "2")),
            ("the database is at the revision 2 and was at 1",),
        ),
        (
            Written(("beside",), (), Revision(True), Revision(True, "2")),
            ("the database is at the revision 2 and was at none",),
        ),
        # a migration that failed may have done a part of its work
        (
            Written(("migrate",), ("migrate",), Revision(True, "1"), Revision(True, "1")),
            ("the step migrate did not end well and may have changed the database",),
        ),
        (
            Written(("migrate", "beside")),
            ("the step beside may have changed the database, whose revision is not known",),
        ),
        (
            Written(("start",), (), Revision(True, "1")),
            ("the step start may have changed the database, whose revision is not known",),
        ),
    ],
)
def test_the_database_is_as_it_was_only_where_it_says_so(written: Written, said: tuple[str, ...]) -> None:
    assert database_changes(written) == said
    assert with_database("it failed", ("the container x is gone", *said)) == "; ".join(["it failed", *said])


words = st.text(
    st.characters(exclude_characters="\t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"]),
    max_size=9,
)
containers = st.builds(
    Container, words.filter(bool), words.map(lambda name: name.lstrip("/")), words, words, words, words, words
)
snapshots = st.builds(
    Snapshot,
    st.lists(containers, unique_by=lambda each: each.id).map(tuple),
    st.dictionaries(words, words),
    words,
    words,
    words,
)


@given(snapshots)
def test_what_is_written_down_is_read_again(snapshot: Snapshot) -> None:
    assert read_snapshot(write_snapshot(snapshot)) == snapshot
    assert differences(snapshot, snapshot) == touched(snapshot, snapshot) == not_as_before(snapshot, snapshot) == ()
