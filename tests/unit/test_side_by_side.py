"""Side by side: work in threads ends as work in one thread does: with all results, one error, or nothing left behind."""

import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.side_by_side import side_by_side
from pipeline_defs.server.core.command import command


@given(st.lists(st.integers(), max_size=6), st.integers(1, 4))
def test_each_result_is_at_its_place(numbers: list[int], at_once: int) -> None:
    assert side_by_side([lambda n=n: n for n in numbers], at_once) == numbers  # type: ignore[misc]


def test_no_more_than_that_are_done_at_once() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1

    side_by_side([work] * 6, 2)
    assert most == 2


def test_the_first_error_is_raised_and_what_had_not_begun_is_left_out() -> None:
    begun = []

    def broken() -> None:
        begun.append("broken")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        side_by_side([broken, lambda: begun.append("other")], 1)
    assert begun == ["broken"]


def test_an_interrupt_stops_the_programs_that_run() -> None:
    def work() -> None:
        LocalRunner().run(command("sleep", "60"), timeout=90)

    def interrupt() -> None:
        time.sleep(0.5)
        signal.raise_signal(signal.SIGINT)

    began = time.monotonic()
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side([work, work], 2)
    assert time.monotonic() - began < 30
    assert not [each for each in threading.enumerate() if "_work_off" in str(getattr(each, "_target", ""))]
