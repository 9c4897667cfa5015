"""What stands still, as a pure function of the last signs of life; and that nobody waits for what does not answer."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.observing.heartbeats import Sign
from pipeline_defs.observing.http_endpoints import as_json
from pipeline_defs.observing.probe import Probe
from pipeline_defs.observing.service_health import HealthReport, Part, verdicts

TIMES = st.floats(0, 1e9, allow_nan=False)


@given(st.none() | TIMES, st.floats(1, 1000), TIMES)
def test_a_sign_that_is_too_old_or_missing_is_standing_still(at: float | None, limit: float, now: float) -> None:
    sign = Sign("SENSOR", at, limit)
    assert sign.stands_still(now) == (at is None or now - at > limit)
    (part,) = verdicts([sign], [], now)
    assert part.is_well != sign.stands_still(now)


def test_what_is_wrong_is_a_sentence_that_says_where_to_look() -> None:
    late, never, good = Sign("SENSOR", 10.0, 90.0), Sign("ASSET", None, 90.0), Sign("shop_drift", 100.0, 180.0, 60.0)
    parts = verdicts([late, never], [good], 110.0)
    assert as_json(HealthReport((Part("storage"), *parts))) == {
        "healthy": False,
        "standing_still": ["daemon SENSOR", "daemon ASSET"],
        "parts": {
            "storage": "ok",
            "daemon SENSOR": "no heartbeat within 90 s, the last one was 100 s ago; look at the daemon's log",
            "daemon ASSET": "no heartbeat within 90 s, there was never one; look at the daemon's log",
            "sensor shop_drift": "ok",
        },
    }


def test_who_does_not_answer_is_asked_once_and_waited_for_by_nobody() -> None:
    answer, asked = threading.Event(), []

    def ask() -> str:
        asked.append(1)
        answer.wait()
        return "there"

    probe = Probe("slow", ask)
    questions = [probe.begin() for _ in range(3)]
    for each in questions:
        with pytest.raises(TimeoutError, match="it has not answered for"):
            each.answer(time.monotonic())
    answer.set()
    assert [each.answer(time.monotonic() + 60) for each in questions] == ["there"] * 3
    assert len(asked) == 1
    assert (probe.begin().answer(time.monotonic() + 60), len(asked)) == ("there", 2)


def test_what_a_question_raises_is_its_answer() -> None:
    def ask() -> None:
        raise OSError("away")

    asked = Probe("away", ask).begin()
    with pytest.raises(OSError, match="away"):
        asked.answer(time.monotonic() + 60)
