"""Claims: polls, deliveries and processes that see the same change start one run for it, and lose none."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.release.change import run_id
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import NOTICED
from pipeline_defs.runtime.code_server import CodeServer, target_at
from pipeline_defs.runtime.run_submission import Launcher
from tests.integration.changes.pulls import begin, pull, receive
from tests.integration.github_changes import (
    World,
    make_home,
)


def test_deliveries_and_polls_in_any_order_start_each_run_once(shop: World) -> None:
    at_first = shop.handled()
    head = shop.commit("development")
    receive(shop, at_first, branch="development")
    shop.look()
    number, of_pull = pull(shop)
    shop.look()
    for _ in range(2):
        receive(shop, at_first, branch="development")  # late, and again
        receive(shop, at_first, pull=number)
    receive(shop, at_first, branch="12-fix")
    assert shop.rows() == [("shop_integrate", head, "QUEUED"), ("shop_integrate", of_pull, "QUEUED")]
    assert [run.tags[NOTICED] for run in shop.runs()] == ["webhook", "sensor github"]


def test_what_is_new_begins_after_what_a_delivery_had_claimed(shop: World) -> None:
    at_first = shop.handled()
    first = shop.commit("main")
    receive(shop, at_first, branch="main")
    begin(shop, first, "shop_deploy")
    second = shop.commit("main")
    receive(shop, at_first, branch="main")
    shop.look()
    assert shop.rows() == [("shop_deploy", first, "STARTED"), ("shop_deploy", second, "QUEUED")]
    assert shop.run_of(second, "shop_deploy").run_config["ops"]["shop_image"]["config"]["since"] == first


def test_a_run_that_knows_more_than_the_cursor_is_left_alone(shop: World) -> None:
    number, _ = pull(shop)
    shop.look()
    shop.github.set_clock(5)
    newer = shop.commit("12-fix")
    receive(shop, shop.handled(), pull=number)
    claims = Claims(shop.app, Launcher(shop.instance, shop.server), "sensor", "github")
    claims.give_up_pulls(shop.handled().pulls)  # of which the newest head is not known there yet
    assert shop.run_of(newer).status is DagsterRunStatus.QUEUED


REQUEST = Request(app="shop", job=Job.INTEGRATE, commit="1" * 40, branch="development", change="merge:shop:x:1")


def claim_in_a_process(folder: str, code: str, start: Any, results: Any) -> None:
    """Claim when told to; in a process of its own."""
    with DagsterInstance.from_config(folder) as instance:
        launcher = Launcher(instance, CodeServer(instance, target_at(code)))
        start.wait()
        results.put(launcher.claim("shop_integrate", REQUEST).new)


def test_of_two_who_claim_at_once_in_two_processes_one_starts_the_run(tmp_path: Path, code: str) -> None:
    home = make_home(tmp_path / "world", "http://127.0.0.1:9") / "home"
    with DagsterInstance.from_config(str(home)) as instance:
        spawn = multiprocessing.get_context("spawn")
        start, results = spawn.Event(), spawn.Queue()
        arguments = (str(home), code, start, results)
        claimers = [spawn.Process(target=claim_in_a_process, args=arguments) for _ in range(2)]
        for claimer in claimers:
            claimer.start()
        start.set()
        assert sorted(results.get(timeout=60) for _ in claimers) == [False, True]
        for claimer in claimers:
            claimer.join()
        (run,) = instance.get_runs()
        assert (run.run_id, run.status.value) == (run_id(REQUEST.change), "QUEUED")
        assert len(instance.all_logs(run.run_id)) == 2  # planned, and enqueued once


@pytest.mark.parametrize(("superseded_by", "status"), [("", "QUEUED"), ("2" * 40, "CANCELED")])
def test_a_claimer_that_was_killed_between_creating_and_submitting_loses_nothing(
    shop: World, monkeypatch: pytest.MonkeyPatch, superseded_by: str, status: str
) -> None:
    launcher = Launcher(shop.instance, shop.server)
    with monkeypatch.context() as killed:
        killed.setattr(Launcher, "_finish_claim", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            launcher.claim("shop_integrate", REQUEST, superseded_by=superseded_by)
    run = shop.instance.get_run_by_id(run_id(REQUEST.change))
    assert run is not None
    assert run.status is DagsterRunStatus.NOT_STARTED
    assert launcher.claim("shop_integrate", REQUEST, superseded_by=superseded_by).new is False
    assert [run.status.value for run in shop.runs()] == [status]
