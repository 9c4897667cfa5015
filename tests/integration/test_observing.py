"""`shipline observe` beside a Shipline that runs: what it counts is what happened."""

from collections.abc import Iterator

import psutil
import pytest

from pipeline_defs.config import Home
from pipeline_defs.observing.tally import FILE, Tally
from tests.integration.observed import Observed, Observer, in_this_process, observed, until


@pytest.fixture(scope="module")
def shipline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """One for the module, whose runs fail at once."""
    with observed(tmp_path_factory.mktemp("observed"), "exit 3") as running:
        yield running


def test_a_delivery_its_run_and_its_stages_are_counted_as_they_were(shipline: Observed) -> None:
    run = shipline.merge()
    shipline.ends(run)
    until(lambda: shipline.value("shipline_runs", "shipline_runs_total", job_name="shop_deploy", state="failure"))
    assert shipline.values("shipline_runs", "shipline_runs_total") == {
        (job, state): float((job, state) == ("shop_deploy", "failure"))
        for job in ("shop_integrate", "shop_stage", "shop_deploy", "shop_rollback")
        for state in ("success", "failure", "canceled")
    }
    stats = shipline.instance.get_run_stats(run)
    assert stats.launch_time
    assert stats.enqueued_time
    waited = "shipline_run_queue_seconds"
    assert shipline.value(waited, f"{waited}_count", job_name="shop_deploy") == 1
    assert shipline.value(waited, f"{waited}_sum") == pytest.approx(stats.launch_time - stats.enqueued_time)
    (step,) = [step for step in shipline.instance.get_run_step_stats(run) if step.start_time]
    stages = "shipline_stage_duration_seconds"
    assert shipline.values(stages, f"{stages}_count", job_name="shop_deploy", stage="lint") == {
        ("failure",): 1,
        ("success",): 0,
    }
    took = shipline.value(stages, f"{stages}_sum", outcome="failure")
    assert took == pytest.approx((step.end_time or 0) - (step.start_time or 0))
    delivered = "shipline_webhook_delivery_seconds"
    until(lambda: shipline.values(delivered, f"{delivered}_count", outcome="acted") == {(): 1.0})
    assert 0 < shipline.value(delivered, f"{delivered}_sum") < 60
    assert shipline.value("shipline_webhook_deliveries_waiting") == 0


def test_what_was_counted_survives_a_restart(shipline: Observed) -> None:
    before = shipline.values("shipline_runs", "shipline_runs_total")
    pid = shipline.pid("observe")
    psutil.Process(pid).kill()
    until(lambda: shipline.pid("observe") != pid)
    until(lambda: answers(shipline))
    assert shipline.values("shipline_runs", "shipline_runs_total") == before
    fresh = Tally.read(shipline.root / FILE)
    assert fresh.runs["shop_deploy"]["failure"] == before["shop_deploy", "failure"]


def test_a_tally_that_was_lost_is_counted_by_the_storage(shipline: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended long ago is not read: the storage says how many there were. What ended just now is read as ever."""
    for name, value in shipline.environment.items():
        monkeypatch.setenv(name, value)
    before = shipline.values("shipline_runs", "shipline_runs_total")
    (shipline.root / FILE).unlink()
    with in_this_process(Home(shipline.root)) as anew:
        assert anew.values("shipline_runs", "shipline_runs_total") == before


def test_githubs_budget_is_what_it_said(shipline: Observed) -> None:
    said = shipline.github.world.counts.limit
    until(lambda: shipline.values("shipline_github_requests_limit") == {("shop",): said})
    left = shipline.value("shipline_github_requests_remaining", app="shop")
    assert 0 < left < said


def test_every_daemon_and_sensor_shows_that_it_lives(shipline: Observed) -> None:
    daemons = shipline.values("shipline_daemon_heartbeat_age_seconds")
    assert {("SENSOR",), ("QUEUED_RUN_COORDINATOR",), ("MONITORING",)} <= daemons.keys()
    sensors = shipline.values("shipline_sensor_tick_age_seconds")
    assert {("github",), ("drift",), ("recover",)} <= sensors.keys()
    assert shipline.values("shipline_sensor_interval_seconds")["drift",] == 60
    assert set(shipline.values("shipline_part_well").values()) == {1}
    assert set(shipline.values("shipline_source_readable").values()) == {1}


def test_an_app_file_that_is_wrong_is_counted(shipline: Observed) -> None:
    wrong = shipline.root.parent / "apps" / "wrong.yaml"
    wrong.write_text("image: no\n")
    assert shipline.value("shipline_app_files_wrong") == 1
    wrong.unlink()
    assert shipline.value("shipline_app_files_wrong") == 0


def answers(observer: Observer) -> bool:
    """True when somebody listens there again."""
    try:
        return observer.get("/health").status_code == 200
    except OSError:
        return False
