"""What `make prove-deploy` measures, a little of each."""

from collections.abc import Iterator

import pytest

from benchmarks.deploy import crash, row, together
from benchmarks.deploy.ground import Ground, ground
from benchmarks.deploy.overlaps import interleaved, most_at_once
from tests.support.killed_deployments import DeployKills
from tests.support.killer import Point
from tests.support.load import Load
from tests.support.shop import Shop

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def place(sample: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The sample app behind a router, for all parts, of which each leaves it serving."""
    with ground(sample, tmp_path_factory.mktemp("proof")) as made:
        yield made


def test_who_is_killed_is_made_good_by_the_next_run_while_people_ask(place: Ground) -> None:
    kills = DeployKills(place.app, place.server, place.first, place.second)
    with Load(place.app.url) as load:
        kills.kill("deploy", Point("end route"))
        kills.kill("rollback", Point("begin beside"))
        kills.kill("deploy", Point("end switch", after=0.3))
    assert (kills.missed, kills.broken, kills.unrecorded) == ([], [], [])
    assert load.failed == []


def test_deployments_in_a_row_interrupt_nobody(place: Ground) -> None:
    found = row.measure(place, print, times=2)
    assert (found["deployments"], found["failed_requests"]) == (2, 0)
    assert found["requests"] > 100


def test_of_many_requests_one_at_a_time_is_made_and_the_newest_wins(place: Ground) -> None:
    assert together.measure(place, print, requests=4, at_the_lock=2) == {"most_at_once": 1, "interleaved": 0}


def test_what_is_not_healthy_is_refused_with_its_last_words(place: Ground) -> None:
    assert "crash_loop_refused_s" in crash.measure(place, print)


def test_what_is_at_work_at_the_same_time_is_seen() -> None:
    one_after_the_other = [(0.0, 2.0), (2.0, 3.0), (5.0, 5.0)]
    assert (most_at_once(one_after_the_other), interleaved(one_after_the_other)) == (1, 0)
    at_once = [(0.0, 4.0), (1.0, 2.0), (1.5, 6.0)]
    assert (most_at_once(at_once), interleaved(at_once)) == (3, 3)
    assert (most_at_once([]), interleaved([])) == (0, 0)
