"""The storage of the service, on a PostgreSQL that is taken away from it while it writes."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    ExecuteInProcessResult,
    OpExecutionContext,
    RunsFilter,
    job,
    op,
)
from dagster._core.errors import DagsterRunAlreadyExists
from sqlalchemy.exc import OperationalError

from pipeline_defs.runtime.resilient_storage import ResilientStorage
from tests.support.postgres import Postgres, postgres
from tests.testbed import docker

LEAST, MOST = 30, 2000
"""How many events a run writes: it goes on until what is done to the database meanwhile is over."""
BREAK = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = 'shipline'"


@pytest.fixture(scope="module")
def database(engine: None) -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def instance(database: Postgres, tmp_path: Path) -> Iterator[DagsterInstance]:
    """Dagster with the storage of docker/dagster.yaml, at this database."""
    storage = {
        "module": "pipeline_defs.runtime.resilient_storage",
        "class": "ResilientStorage",
        "config": {"postgres_url": database.url},
    }
    (tmp_path / "dagster.yaml").write_text(json.dumps({"storage": {"custom": storage}}))
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


WRITING, OVER = threading.Event(), threading.Event()


@op
def write(context: OpExecutionContext) -> None:
    """Events that say which they are, until it is over."""
    WRITING.set()
    for number in range(MOST):
        if number >= LEAST and OVER.is_set():
            return
        context.log.info(f"line-{number}-")
        context.log_event(AssetMaterialization(AssetKey("blog_image"), metadata={"number": number}))


@job
def writer() -> None:
    write()


def meanwhile(something: Callable[[], object], instance: DagsterInstance) -> ExecuteInProcessResult:
    """A run that writes as long as something is done to its storage."""
    WRITING.clear()
    OVER.clear()

    def do() -> None:
        try:
            assert WRITING.wait(60)
            something()
        finally:
            OVER.set()

    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(do)
        try:
            ended = writer.execute_in_process(instance=instance)
        finally:
            OVER.set()
        doing.result()
    return ended


def assert_each_is_there_once(instance: DagsterInstance, run: str) -> None:
    """All events, in their order and none twice; the run's status; and the asset's newest event."""
    entries = instance.all_logs(run)
    found = [entry.asset_materialization for entry in entries if entry.asset_materialization]
    assert LEAST <= len(found) < MOST
    assert [each.metadata["number"].value for each in found] == list(range(len(found)))
    assert [entry.user_message for entry in entries if "line-" in entry.user_message] == [
        f"line-{number}-" for number in range(len(found))
    ]
    newest = instance.get_latest_materialization_event(AssetKey("blog_image"))
    assert newest is not None
    assert newest.asset_materialization == found[-1]
    kept = instance.get_run_by_id(run)
    assert kept is not None
    assert kept.status.value == "SUCCESS"


def test_connections_that_break_in_the_middle_of_a_write_cost_no_event(
    instance: DagsterInstance, database: Postgres
) -> None:
    assert isinstance(instance.event_log_storage, type(ResilientStorage(database.url).event_log_storage))
    broken: list[str] = []

    def break_them() -> None:
        while len(broken) < 5 and not OVER.is_set():
            broken.extend(database.sql(f"{BREAK};" * 10).split())

    ended = meanwhile(break_them, instance)
    assert len(broken) >= 5
    assert_each_is_there_once(instance, ended.run_id)


def test_a_database_that_is_started_anew_is_waited_for(instance: DagsterInstance, database: Postgres) -> None:
    ended = meanwhile(lambda: docker.docker("restart", "--time", "1", database.container), instance)
    assert_each_is_there_once(instance, ended.run_id)


LOSE = """create function lose() returns trigger language plpgsql as
    'begin perform pg_terminate_backend(pg_backend_pid()); return new; end';
    create trigger lose before insert on run_tags execute function lose()"""


def test_a_run_is_written_with_its_tags_or_not_at_all(instance: DagsterInstance, database: Postgres) -> None:
    run = str(uuid.uuid4())
    database.sql(LOSE)
    try:
        with pytest.raises(OperationalError):
            instance.create_run_for_job(writer, run_id=run, tags={"change": "merge:shop"})
    finally:
        database.sql("drop trigger lose on run_tags; drop function lose")
    assert instance.get_run_by_id(run) is None
    instance.create_run_for_job(writer, run_id=run, tags={"change": "merge:shop"})
    (found,) = instance.get_runs(RunsFilter(tags={"change": "merge:shop"}))
    assert found.run_id == run
    with pytest.raises(DagsterRunAlreadyExists):
        instance.create_run_for_job(writer, run_id=run, tags={"change": "merge:shop"})
