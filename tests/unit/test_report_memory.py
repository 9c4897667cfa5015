"""What the report sensor remembers: only what is not finished, and never a bad item for ever."""

import pytest

from pipeline_defs.github.reports.report_items import Status
from pipeline_defs.github.reports.report_memory import MOST_ATTENDED, MOST_SET_ASIDE, Memory, RunReport
from pipeline_defs.lineage.runs.run_cursor import OVERLAP

ITEM = Status("a" * 40, "shipline/shop/lint", "success", "done")
OTHER = Status("a" * 40, "shipline/shop/lint", "failure", "done")


def test_an_item_is_written_once_and_again_when_it_says_something_else() -> None:
    attended = RunReport()
    attended.note_written(ITEM)
    assert attended.is_written(ITEM)
    assert not attended.is_written(OTHER)


def test_an_item_that_was_not_taken_rests_longer_each_time_and_is_given_up_after_a_day() -> None:
    attended, now, pauses = RunReport(), 0.0, []
    while not attended.is_given_up(ITEM):
        assert attended.may_try(ITEM, now)
        later = attended.note_not_taken(ITEM, now)
        assert not attended.may_try(ITEM, now)
        pauses.append(later.after - now)
        now = later.after
    assert pauses == sorted(pauses)
    assert 12 * 3600 < sum(pauses) < 36 * 3600
    assert not attended.may_try(ITEM, now)


def test_the_memory_survives_as_text_and_is_small_when_nothing_is_open() -> None:
    memory = Memory(since=1000.0)
    memory.take_up("run-1", 1001.0)
    memory.runs["run-1"].note_written(ITEM)
    again = Memory.model_validate_json(memory.model_dump_json(exclude_defaults=True))
    assert again == memory
    again.finish("run-1")
    assert len(again.model_dump_json(exclude_defaults=True)) < 100


@pytest.mark.parametrize("cursor", [None, "", "no JSON", "{}"])
def test_without_a_memory_it_begins_now(cursor: str | None) -> None:
    assert Memory.read(cursor, 1000.0) == Memory(since=1000.0)


def test_a_run_that_is_set_aside_rests_until_its_first_item_may_be_tried() -> None:
    attended = RunReport(aside=True)
    later = attended.note_not_taken(ITEM, 0.0)
    assert attended.rests(later.after - 1)
    assert not attended.rests(later.after)
    assert RunReport(asleep=True).rests(0.0)
    assert not RunReport().rests(0.0)


def test_runs_that_changed_shortly_before_are_known() -> None:
    memory = Memory(since=0.0)
    memory.take_up("old", 1000.0)
    memory.take_up("new", 1001.0 + OVERLAP)
    assert memory.seen == {"new": 1001.0 + OVERLAP}
    assert set(memory.runs) == {"old", "new"}


def test_runs_that_sleep_or_are_set_aside_keep_nobody_out() -> None:
    memory = Memory(since=0.0)
    for number in range(MOST_ATTENDED):
        memory.take_up(f"run-{number}", 1.0)
    assert memory.room == 0
    memory.runs["run-0"].asleep = memory.runs["run-1"].aside = True
    assert memory.room == 2


def test_of_too_many_runs_set_aside_the_oldest_is_given_up() -> None:
    memory = Memory(since=0.0)
    for number in range(MOST_SET_ASIDE + 2):
        memory.take_up(f"run-{number}", float(number))
        memory.runs[f"run-{number}"].aside = True
    memory.put_last("run-0")
    assert memory.give_up_the_oldest() == ["run-0", "run-1"]
    assert len(memory.runs) == MOST_SET_ASIDE
