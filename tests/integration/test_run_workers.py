"""Runs on two machines: Redis, a worker beside the service, and one on a machine with an Engine of its own."""

from collections.abc import Iterator

import pytest

from tests.support.second_machine import NAME, SecondMachine, address, second_machine
from tests.support.service import RunningService
from tests.support.service import service as running_service
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.waiting import holds_within

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]  # the first time the images are built

_TAGS = "query($run: ID!) { runOrError(runId: $run) { ... on Run { tags { key value } } } }"

_HEAR = """import os
from dagster_celery.make_app import make_app
from pipeline_defs.runtime.run_workers.celery_broker import settings
control = make_app(settings(os.environ["SHIPLINE_QUEUE"])).control
print(*(worker.split("@")[1] for answer in control.ping(timeout=5, limit=2) for worker in answer))"""


@pytest.fixture(scope="module")
def service(testbed: TestBed) -> Iterator[RunningService]:
    """Two machines with room for one run each, and a queue that hands over one more, which so waits in Redis."""
    settings = {
        "SHIPLINE_WORKERS": "2",
        "SHIPLINE_WORKERS_LISTEN": address(testbed),
        "SHIPLINE_WORKER": "first",
        "SHIPLINE_RUNS_HERE": "1",
        "SHIPLINE_RUNS": "3",
    }
    with running_service(testbed, "test-run-workers", **settings) as running:
        running.write_app("sleep 600")
        assert holds_within(60, running.reloads)
        yield running


@pytest.fixture(scope="module")
def second(service: RunningService) -> Iterator[SecondMachine]:
    with second_machine(service) as machine:
        yield machine


@pytest.fixture(autouse=True)
def nothing_runs(service: RunningService, second: SecondMachine) -> Iterator[None]:
    """What goes on is stopped after each test, and what is made again of what was lost."""
    yield

    def ends_all() -> bool:
        for run in reversed(service.unfinished()):  # the oldest first: what waits begins when they have ended
            service.stops(run)
        return not service.unfinished()

    assert holds_within(120, ends_all), {run: service.runs()[run] for run in service.unfinished()}


def worker_of(service: RunningService, run: str) -> str | None:
    """The worker that has taken the run."""
    tags = service.ask(_TAGS, run=run)["runOrError"]["tags"]
    return next((tag["value"] for tag in tags if tag["key"] == "worker"), None)


def begins(service: RunningService, run: str) -> str:
    """The worker of a run, as soon as the run works."""
    assert holds_within(90, lambda: service.runs()[run] == "STARTED"), service.runs()[run]
    worker = worker_of(service, run)
    assert worker is not None
    return worker


def launch_on_second(service: RunningService) -> tuple[str, str]:
    """Two runs, of which the first one given is on the second machine."""
    workers = {begins(service, run): run for run in [service.queue_run(), service.queue_run()]}
    return workers[NAME], workers["first"]


def workers_that_hear(service: RunningService) -> set[str]:
    """Who answers to a program that asks for the first time."""
    return set(service.words("exec", "-T", "code", "python", "-c", _HEAR).split())


def containers(service: RunningService, second: SecondMachine, run: str) -> int:
    """How many containers the run has ever had, on both machines."""
    here = docker.docker("ps", "--all", "--quiet", "--filter", f"label=dagster/run_id={run}").split()
    return len(here) + len(second.containers_of(run))


def test_runs_go_to_both_machines_and_are_stopped_there(service: RunningService, second: SecondMachine) -> None:
    there, here = launch_on_second(service)
    assert service.container_of(here)["State"]["Running"]
    (facts,) = second.containers_of(there)
    limits = facts["HostConfig"]
    assert (limits["Memory"], limits["CapDrop"]) == (2 * 2**30, ["ALL"])
    for run in (there, here):
        assert service.stops(run)
        assert service.ends(run) == "CANCELED"
    (facts,) = second.containers_of(there)
    assert (facts["State"]["ExitCode"], service.container_of(here)["State"]["ExitCode"]) == (0, 0)


def test_a_worker_that_was_killed_finds_its_run_again(service: RunningService, second: SecondMachine) -> None:
    there, _ = launch_on_second(service)
    second.compose("kill", "worker")
    second.compose("up", "--detach", "--wait", "worker")
    assert service.runs()[there] == "STARTED"
    assert holds_within(60, lambda: service.stops(there))  # the worker may still join
    assert service.ends(there) == "CANCELED"
    assert containers(service, second, there) == 1


def test_a_killed_redis_loses_no_run_that_waits_in_it(service: RunningService, second: SecondMachine) -> None:
    there, here = launch_on_second(service)
    waits = service.queue_run()
    assert holds_within(30, lambda: service.runs()[waits] == "STARTING")
    service.words("kill", "redis")
    service.words("up", "--detach", "--no-recreate", "--wait", "redis")
    assert {service.runs()[run] for run in (there, here)} == {"STARTED"}
    assert worker_of(service, waits) is None
    assert holds_within(60, lambda: workers_that_hear(service) == {"first", NAME})  # they are started anew
    for run in (there, here):  # nobody has to ask twice, although the web server has asked before Redis was killed
        assert service.stops(run)
    assert begins(service, waits) in ("first", NAME)
    assert containers(service, second, waits) == 1


def test_a_run_that_waits_in_redis_can_be_given_up(service: RunningService, second: SecondMachine) -> None:
    there, _ = launch_on_second(service)
    waits = service.queue_run()
    assert holds_within(30, lambda: service.runs()[waits] == "STARTING")
    give_up = "import sys, dagster; all = dagster.DagsterInstance.get(); print(all.run_launcher.terminate(sys.argv[1]))"
    assert service.words("exec", "-T", "code", "python", "-c", give_up, waits).split() == ["True"]
    assert service.runs()[waits] == "CANCELED"
    assert service.stops(there)
    follows = service.queue_run()
    begins(service, follows)  # whoever has room has come past the one that was given up
    assert containers(service, second, waits) == 0


def test_the_runs_of_a_lost_machine_have_failed_and_say_whose_they_were(
    service: RunningService, second: SecondMachine
) -> None:
    there, here = launch_on_second(service)
    second.server.pause()
    try:
        assert holds_within(180, lambda: service.runs()[there] == "FAILURE"), service.runs()[there]
        assert f"the worker {NAME} has not answered for" in service.messages(there)
        assert service.runs()[here] == "STARTED"
        assert holds_within(60, lambda: len(service.unfinished()) == 2 and there not in service.unfinished())
        (again,) = set(service.unfinished()) - {here}
        assert service.stops(here)
        assert begins(service, again) == "first"  # the machine that is there makes it again
    finally:
        second.server.unpause()
    assert holds_within(60, lambda: not second.containers_of(there)[0]["State"]["Running"])
    assert containers(service, second, there) == 1


def test_a_worker_refuses_what_it_would_do_otherwise(service: RunningService, second: SecondMachine) -> None:
    service.write_app("sleep 500")
    refused = [service.queue_run(), service.queue_run()]
    assert holds_within(60, lambda: "FAILURE" in [service.runs()[run] for run in refused])
    (there,) = [run for run in refused if service.runs()[run] == "FAILURE"]
    assert (
        f"The worker {NAME} has another version of Shipline, of the app's file blog.yaml or of home"
        in service.messages(there)
    )
    assert containers(service, second, there) == 0
    service.write_app("sleep 600")
