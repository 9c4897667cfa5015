"""The run queue: of the deployments that wait for one environment the newest is left, whoever comes when."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, SubmitRunContext
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.policy import overtakes

ORIGIN = RemoteJobOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("shipline"), "__repository__"), "shop_deploy"
)
PERSON: dict[str, str] = {}
SENSOR = {"dagster/sensor_name": "branches"}
CHANGE = {"change": "merge:shop:main:abc", "head": "a" * 40}


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[DagsterInstance]:
    """A storage with the queue that dagster.yaml names, and nobody who takes runs out of it."""
    (tmp_path / "dagster.yaml").symlink_to(PROJECT / "dagster.yaml")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@dg.job
def empty() -> None:
    """Stands for all jobs."""


def make(queue: DagsterInstance, *tags: dict[str, str], target: str = "shop_production", kind: str = "deploy") -> str:
    """A run that is not in the queue yet; its id."""
    given = {name: value for each in tags for name, value in each.items()}
    tags = {"target": target, "kind": kind, **given}
    return queue.create_run_for_job(empty, tags=tags, remote_job_origin=ORIGIN).run_id


def submit(queue: DagsterInstance, run_id: str) -> None:
    run = queue.get_run_by_id(run_id)
    assert run is not None
    queue.run_coordinator.submit_run(SubmitRunContext(run, cast(Any, None)))


def put(queue: DagsterInstance, *tags: dict[str, str], target: str = "shop_production", kind: str = "deploy") -> str:
    made = make(queue, *tags, target=target, kind=kind)
    submit(queue, made)
    return made


def found(queue: DagsterInstance, run_id: str) -> DagsterRun:
    run = queue.get_run_by_id(run_id)
    assert run is not None
    return run


def is_given_up(queue: DagsterInstance, run_id: str) -> bool:
    run = found(queue, run_id)
    given_up = run.status is DagsterRunStatus.CANCELED
    assert given_up is ("superseded_by" in run.tags)
    assert given_up or run.status is DagsterRunStatus.QUEUED
    return given_up


def test_a_newer_deployment_supersedes_the_one_that_waits_and_says_so(queue: DagsterInstance) -> None:
    older, newer = put(queue), put(queue)
    assert is_given_up(queue, older) and not is_given_up(queue, newer)
    assert found(queue, older).tags["superseded_by"] == f"run {newer}"
    said = [entry.dagster_event.message or "" for entry in queue.all_logs(older) if entry.dagster_event]
    assert any(f"superseded by run {newer[:8]}" in line for line in said)


def test_a_newer_change_is_named_by_its_commit(queue: DagsterInstance) -> None:
    older = put(queue, SENSOR)
    put(queue, CHANGE)
    assert found(queue, older).tags["superseded_by"] == "a" * 40


def test_what_a_person_asks_for_is_not_given_up_for_what_comes_by_itself(queue: DagsterInstance) -> None:
    asked = put(queue, PERSON)
    first, second = put(queue, SENSOR), put(queue, SENSOR)
    assert [is_given_up(queue, each) for each in (asked, first, second)] == [False, True, False]
    last = put(queue, PERSON)
    assert [is_given_up(queue, each) for each in (asked, second, last)] == [True, True, False]


def test_other_environments_rollbacks_and_what_has_begun_are_left_alone(queue: DagsterInstance) -> None:
    begun = put(queue)
    queue.report_dagster_event(_taken_out(found(queue, begun)), run_id=begun)
    others = [
        put(queue, target="shop_test"),
        put(queue, kind="rollback"),
        put(queue, target="", kind="deploy"),
    ]
    put(queue)
    put(queue, kind="rollback")
    assert not any(is_given_up(queue, each) for each in others)
    assert found(queue, begun).status is DagsterRunStatus.STARTING
    assert "superseded_by" not in found(queue, begun).tags


def _taken_out(run: DagsterRun) -> dg.DagsterEvent:
    return dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.PIPELINE_STARTING.value, job_name=run.job_name, message="taken out"
    )


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), min_size=1, max_size=6), st.randoms())
def test_what_is_left_does_not_depend_on_the_order_of_submitting(
    queue: DagsterInstance, automatic: list[bool], chance: Any
) -> None:
    target = f"shop_{chance.getrandbits(64)}"
    made = [make(queue, SENSOR if each else PERSON, target=target) for each in automatic]
    for run_id in chance.sample(made, len(made)):
        submit(queue, run_id)
    expected = [
        any(overtakes(newer, older) for newer in automatic[number + 1 :]) for number, older in enumerate(automatic)
    ]
    assert [is_given_up(queue, each) for each in made] == expected


def test_of_many_who_come_at_the_same_time_the_newest_is_left(queue: DagsterInstance) -> None:
    made = [make(queue) for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run_id: submit(queue, run_id), made))
    assert [is_given_up(queue, each) for each in made] == [True] * 15 + [False]
