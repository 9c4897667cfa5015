"""A run that was lost is made again also where Dagster's daemon looked a moment too early, with that daemon and a real code server."""

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon

from pipeline_defs.orchestration.sensors import lost_retries
from pipeline_defs.orchestration.sensors.lost_retries import LostRetries
from pipeline_defs.release.request import Job, Request
from pipeline_defs.runtime.code_server import CodeServer, target_at
from pipeline_defs.runtime.run_submission import Launcher
from tests.integration.github_changes import code_server, make_home


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with code_server(tmp_path_factory.mktemp("code")) as address:
        yield address


def test_a_run_that_the_daemon_passed_over_is_made_again_once(
    tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_retries, "_EARLY", -1.0)
    home = make_home(tmp_path / "world", "http://127.0.0.1:9") / "home"
    request = Request(app="shop", job=Job.INTEGRATE, commit="1" * 40, branch="development", change="merge:shop:x:1")
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        WorkspaceProcessContext(instance, target_at(code)) as workspace,
    ):
        daemon = EventLogConsumerDaemon()
        list(daemon.run_iteration(workspace))
        run = Launcher(instance, CodeServer(instance, target_at(code))).claim("shop_integrate", request).run_id
        failure = DagsterEvent(dg.DagsterEventType.RUN_FAILURE.value, "shop_integrate", message="")
        instance.event_log_storage.store_event(
            dg.EventLogEntry(None, "error", "", run, time.time(), job_name="shop_integrate", dagster_event=failure)
        )
        list(daemon.run_iteration(workspace))  # between the two writings of one failure
        instance.run_storage.handle_run_event(run, failure)
        instance.add_run_tags(run, {"dagster/will_retry": "true"})
        list(daemon.run_iteration(workspace))
        assert [each.run_id for each in instance.get_runs()] == [run]

        assert LostRetries().look(instance) == [run]
        for _ in range(2):
            list(daemon.run_iteration(workspace))
            assert LostRetries().look(instance) == []
        again, first = instance.get_runs()
        assert (again.parent_run_id, first.run_id) == (run, run)
