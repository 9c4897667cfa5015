"""The account of the service's benchmark: a change that is lost, doubled or still open is seen."""

from typing import Any

from benchmarks.service.account import account

HEADS = [letter * 40 for letter in "abcdef"]


def run(head: str, status: str, start: float | None, end: float | None, **tags: str) -> dict[str, Any]:
    given = {"change": f"merge:shop:development:{head}", "head": head, **tags}
    listed = [{"key": key, "value": value} for key, value in given.items()]
    return {"status": status, "creationTime": 100.0, "startTime": start, "endTime": end, "tags": listed}


def test_each_change_is_told_by_how_it_ended() -> None:
    runs = [
        run(HEADS[0], "SUCCESS", 110, 140),
        run(HEADS[1], "FAILURE", 120, 160),
        run(HEADS[2], "CANCELED", 130, 130, superseded_by=HEADS[0]),
        run(HEADS[3], "FAILURE", 130, 130),
    ]
    found = account(runs, HEADS[:4])
    assert (found.unaccounted, found.doubled) == ([], [])
    assert found.ended == {"executed": 2, "superseded": 1, "failed to start": 1}
    assert found.waited == [10, 20]
    assert round(found.per_minute, 2) == 2.4


def test_what_is_lost_open_given_up_without_a_word_or_doubled_is_seen() -> None:
    runs = [
        run(HEADS[1], "STARTED", 110, None),
        run(HEADS[2], "CANCELED", None, 130),
        run(HEADS[3], "SUCCESS", 110, 130),
        run(HEADS[3], "SUCCESS", 110, 130),
        run(HEADS[4], "SUCCESS", 110, 130, change=f"pull:shop:1:{HEADS[4]}:x"),
    ]
    found = account(runs, HEADS[:5])
    assert found.unaccounted == [HEADS[0], HEADS[1], HEADS[2], HEADS[4]]
    assert found.doubled == [HEADS[3]]
