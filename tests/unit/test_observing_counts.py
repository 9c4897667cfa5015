"""What is counted: each run once, however the looks fall, and times between bounds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.observing.deployment_metrics import began
from pipeline_defs.observing.ended_runs import LATE, Cursor, Ended
from pipeline_defs.observing.histogram import BOUNDS, Distribution
from pipeline_defs.observing.run_metrics import stage_of
from pipeline_defs.observing.tally import Tally

RUNS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, int(LATE) - 1)), max_size=40)
"""When each run ends, and how much later that becomes visible."""


@given(RUNS, st.lists(st.integers(0, 400), max_size=12), st.integers(1, 6))
def test_each_run_is_counted_once(runs: list[tuple[int, int]], looks: list[int], most: int) -> None:
    cursor = Cursor(floor=-1.0)
    counted: list[str] = []
    last = 400 + int(LATE) + 1
    for now in [*sorted(looks), *range(last, last + len(runs) + 1)]:
        visible = [Ended(str(number), end) for number, (end, late) in enumerate(runs) if end + late <= now]
        # What the storage is asked for: what was written after the floor, which is never before the end.
        fresh = cursor.fresh(run for run in visible if run.at > cursor.floor)
        counted += [run.run_id for run in fresh[:most]]
        cursor = cursor.after(fresh[:most], looked=now, all_of_them=len(fresh) <= most)
    assert sorted(counted) == sorted(str(number) for number in range(len(runs)))


def test_the_cursor_stays_small() -> None:
    cursor = Cursor(floor=0.0)
    for now in range(0, 1000, 10):
        fresh = cursor.fresh([Ended(str(end), end) for end in range(1, now)])
        cursor = cursor.after(fresh, looked=now, all_of_them=True)
    assert len(cursor.counted) < LATE


@given(st.lists(st.floats(-10, 10_000, allow_nan=False), max_size=50))
def test_buckets_say_how_many_took_at_most_so_long(times: list[float]) -> None:
    found = Distribution()
    for seconds in times:
        found.add(seconds)
    numbers = [number for _, number in found.buckets()]
    assert numbers == [*(sum(seconds <= bound for seconds in times) for bound in BOUNDS), len(times)]
    assert found.total == pytest.approx(sum(max(seconds, 0.0) for seconds in times))


def test_a_tally_goes_on_after_a_restart(tmp_path: Path) -> None:
    tally = Tally(cursor=Cursor(floor=5.0, counted={"a": 6.0}))
    tally.add_run("shop_deploy", "success")
    tally.add_stage("shop_deploy", "build", "failure", 2.0)
    tally.write(tmp_path / "observed.json")
    assert Tally.read(tmp_path / "observed.json") == tally


@pytest.mark.parametrize("text", ["", "{", "[]", '{"runs": 1}', '{"bounds": [1.0], "runs": {"a": {"success": 3}}}'])
def test_a_tally_that_cannot_be_used_is_begun_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "observed.json").write_text(text)
    assert Tally.read(tmp_path / "observed.json") == Tally() == Tally.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("step", "stage"),
    [("shop_image.shop_lint", "lint"), ("a_b_eu.a_b_eu_rollback", "rollback"), ("build", "build")],
)
def test_a_stage_is_the_last_word_of_its_op(step: str, stage: str) -> None:
    assert stage_of(step) == stage


def test_an_attempts_id_says_when_it_began() -> None:
    assert began("19700102T000001Z-123456ab12") == 86401.0
    assert began("1") is None
