"""Rounds: an app that is slow, hangs or is broken delays no other, and is tried less and less often."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.tick_order import Turns


class Away(Exception):
    """What a look at a host that is away raises."""


def rounds(patience: float = 0.2) -> Rounds[str]:
    return Rounds("branches", 3600.0, 3600.0, patience=patience)


def hanging(until: threading.Event) -> Callable[[], str]:
    def look() -> str:
        until.wait(30)
        return "late"

    return look


def test_many_looks_share_a_few_threads() -> None:
    together, most, lock = 0, 0, threading.Lock()

    def look() -> str:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.005)
        with lock:
            together -= 1
        return "seen"

    looks = {f"app{number}": look for number in range(40)}
    done = rounds(30.0).go(looks, looks)
    assert set(done.found) == set(looks)
    assert 1 < most <= 8


def test_more_apps_hang_than_there_are_threads_and_the_others_are_looked_at() -> None:
    stop = threading.Event()
    hung: dict[str, Callable[[], str]] = {f"hung{number}": hanging(stop) for number in range(12)}
    looks = {**hung, "blog": lambda: "seen"}
    watched = rounds()
    try:
        first = watched.go(looks, looks)
        assert first.found == {"blog": "seen"}
        assert set(first.said) == set(hung)
        began = time.monotonic()
        again = watched.go(looks, looks)
        assert again.found == {"blog": "seen"}
        assert time.monotonic() - began < 0.2, "nobody waits for them a second time"
        assert sum(thread.name.startswith("branches hung") for thread in threading.enumerate()) == len(hung)
    finally:
        stop.set()


def test_what_a_late_look_found_counts_in_a_later_round_unless_the_app_was_paused() -> None:
    stop = threading.Event()
    looks: dict[str, Callable[[], str]] = {"slow": hanging(stop), "paused": hanging(stop), "blog": lambda: "seen"}
    watched = rounds()
    watched.go(looks, looks)
    stop.set()
    time.sleep(0.1)
    done = watched.go({}, {"slow", "blog"})
    assert done.found == {"slow": "late"}


def test_a_broken_app_is_said_once_in_the_log_and_rests(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    def away() -> str:
        calls.append("away")
        raise Away("git.example.org does not answer")

    def broken() -> str:
        calls.append("broken")
        raise KeyError("head")

    looks: dict[str, Callable[[], str]] = {"away": away, "broken": broken, "blog": lambda: "seen"}
    watched = rounds(5.0)
    with caplog.at_level(logging.WARNING):
        first = watched.go(looks, looks, (Away,))
        watched.go(looks, looks, (Away,))
        third = watched.go(looks, looks, (Away,))
    assert first.said == {"away": "git.example.org does not answer", "broken": "KeyError: 'head'"}
    assert sorted(calls) == ["away", "away", "broken", "broken"], "the second try comes at once, the third rests"
    assert third.found == {"blog": "seen"}
    assert "tried again in" in third.said["away"]
    assert sorted(record.args[1] for record in caplog.records if isinstance(record.args, tuple)) == ["away", "broken"]
    assert [bool(record.exc_info) for record in caplog.records if "KeyError" in record.getMessage()] == [True]


def test_each_has_its_turn() -> None:
    turns, names = Turns(2), ["a", "b", "c"]
    seen = [turns.next(names) for _ in range(3)]
    assert seen == [["a", "b"], ["c", "a"], ["b", "c"]]
