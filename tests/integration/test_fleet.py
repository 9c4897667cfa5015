"""Several hosts for one environment, on real servers: all of them come to the new release, or all stay at the one before."""

from collections.abc import Iterator

import pytest

from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.server.agreement import NOTE
from pipeline_defs.server.command import Command, Listener, Result
from pipeline_defs.server.member import Line
from tests.fleet import WEB, WORKER, FailingLine, Fleet, failing, fails_on_the_second
from tests.integration.procedures import Interrupted
from tests.killed import step_of
from tests.killed_fleet import kill
from tests.testbed.bed import TestBed
from tests.testbed.server import Server


@pytest.fixture(scope="module")
def servers(testbed: TestBed) -> Iterator[tuple[Server, Server]]:
    """The session's server, and a second one for these tests alone."""
    with testbed.extra_server("second") as second:
        yield testbed.servers[0], second


@pytest.fixture(scope="module")
def made(testbed: TestBed, servers: tuple[Server, Server], tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(testbed, servers, tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def old(made: Fleet) -> Release:
    return made.release("1.0.0")


@pytest.fixture(scope="module")
def new(made: Fleet) -> Release:
    return made.release("1.1.0")


@pytest.fixture
def fleet(made: Fleet, old: Release) -> Fleet:
    """Both hosts run the old release: found so, or made so."""
    made.said.clear()
    if not all(made.running(server) == {WEB: "1.0.0", "current": "1.0.0"} for server in made.servers):
        made.wipe()
        assert made.deploy(old).error is None
    return made


@pytest.fixture
def empty(made: Fleet) -> Iterator[Fleet]:
    """Nothing runs anywhere, and nothing is left."""
    made.wipe()
    yield made
    made.wipe()


def no_notes(fleet: Fleet) -> bool:
    """Every host holds the change to be over."""
    return not any(server.exec("find", "/opt/shipline/pair", "-name", NOTE) for server in fleet.servers)


def containers(server: Server) -> str:
    return server.exec("docker", "ps", "-q", "--no-trunc")


def test_both_hosts_come_to_the_new_release_and_only_the_first_migrates(fleet: Fleet, new: Release) -> None:
    report = fleet.deploy(new)
    assert report.error is None
    assert report.previous and report.live and (report.previous.version, report.live.version) == ("1.0.0", "1.1.0")
    assert [(each.outcome, each.version) for each in report.hosts] == [(Outcome.SUCCEEDED, "1.1.0")] * 2
    first, second = fleet.servers
    assert [host.host.rpartition(":")[2] for host in report.hosts] == [str(first.ssh_port), str(second.ssh_port)]
    assert "migrate" in [step.step for step in report.hosts[0].steps]
    assert "migrate" not in [step.step for step in report.hosts[1].steps]
    assert fleet.versions == ["1.1.0"] and no_notes(fleet)
    begun = [number for number, line in enumerate(fleet.said) if f":{second.ssh_port}: start" in line]
    assert begun[0] > next(n for n, line in enumerate(fleet.said) if f":{first.ssh_port}: switch: done" in line)


@pytest.mark.parametrize("step", ["pull ahead", "start", "healthy", "switch"])
def test_when_the_second_host_fails_both_run_what_ran_before(
    fleet: Fleet, old: Release, new: Release, step: str
) -> None:
    assert fails_on_the_second(fleet, old, new, [step]) == {"fail_points": 1, "mixed_fleets": 0, "mixed": {}}
    assert no_notes(fleet)


def test_a_second_host_that_is_really_sick_is_named_with_its_step(fleet: Fleet, new: Release) -> None:
    second = fleet.servers[1]
    second.exec("touch", "/opt/pair-data/sick-1.1.0")
    report = fleet.deploy(new)
    second.exec("rm", "/opt/pair-data/sick-1.1.0")
    assert report.outcome is Outcome.FAILED and report.changed and report.live is None
    assert report.error == (
        f"pair production on root@127.0.0.1:{second.ssh_port}, step healthy: the service web is unhealthy"
    )
    assert [each.outcome for each in report.hosts] == [Outcome.SUCCEEDED, Outcome.FAILED]
    back = fleet.rollback()
    assert back.error is None and back.live and back.live.version == "1.0.0"
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


def test_a_first_host_that_fails_leaves_the_others_alone(fleet: Fleet, new: Release) -> None:
    second = fleet.servers[1]
    before = containers(second)
    report = fleet.deploy(new, failing("test", 0))
    assert report.error and report.error.endswith("step test: test does not work today")
    assert [(each.outcome, each.version) for each in report.hosts][1] == (Outcome.STARTED, "1.0.0")
    assert containers(second) == before
    assert fleet.rollback().error is None
    assert containers(second) == before
    assert fleet.versions == ["1.0.0"]


@pytest.mark.parametrize(("step", "number"), [("start", 1), ("tidy", 1), ("migrate", 0)])
def test_after_a_kill_in_the_middle_all_run_one_release_again(
    fleet: Fleet, new: Release, step: str, number: int
) -> None:
    kill(fleet, new, step, number)
    back = fleet.rollback()
    assert back.error is None and back.live
    assert [fleet.versions, no_notes(fleet)] == [[back.live.version], True]
    assert back.live.version == ("1.1.0" if step == "tidy" else "1.0.0"), "the last host had switched, or not"


class InterruptedLine(FailingLine):
    """The real server until a step begins: then the run is interrupted."""

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        if step_of(command) == self.step and not self.failed:
            self.failed = True
            raise Interrupted
        return self.line.run(command, timeout=timeout, listen=listen)


@pytest.mark.parametrize(("step", "number"), [("healthy", 0), ("healthy", 1)])
def test_an_interrupted_deployment_brings_all_hosts_back(fleet: Fleet, new: Release, step: str, number: int) -> None:
    def through(lines: list[Line]) -> list[Line]:
        return [InterruptedLine(line, step) if place == number else line for place, line in enumerate(lines)]

    with pytest.raises(Interrupted):
        fleet.deploy(new, through)
    assert fleet.versions == ["1.0.0"]
    assert fleet.rollback().error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


def test_a_host_that_is_not_there_is_refused_before_anything_is_changed(
    fleet: Fleet, testbed: TestBed, new: Release
) -> None:
    first, second = fleet.servers
    before = containers(first)
    second.pause()
    try:
        report = fleet.deploy(new)
    finally:
        second.unpause()
    assert report.outcome is Outcome.FAILED and not report.changed
    assert report.error and str(second.ssh_port) in report.error
    assert containers(first) == before
    assert fleet.versions == ["1.0.0"]


def test_a_host_that_is_lost_while_going_back_is_named_and_made_good_by_whoever_comes_next(
    fleet: Fleet, new: Release
) -> None:
    first, second = fleet.servers
    failed = fleet.deploy(new, failing("switch"))
    assert failed.changed
    second.pause()
    try:
        report = fleet.rollback()
    finally:
        second.unpause()
    assert report.outcome is Outcome.FAILED and report.error
    assert f"root@127.0.0.1:{second.ssh_port}" in report.error
    assert report.error.endswith(
        f"1.0.0 runs on root@127.0.0.1:{first.ssh_port}; the next run in this environment brings all hosts to one release"
    )
    assert fleet.running(first) == {WEB: "1.0.0", "current": "1.0.0"}
    assert fleet.rollback(run="run-3").error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


def test_a_host_that_switched_and_was_lost_goes_back_when_it_is_there_again(fleet: Fleet, new: Release) -> None:
    first, second = fleet.servers
    assert fleet.deploy(new, failing("tidy")).changed
    assert fleet.running(second)["current"] == "1.1.0"
    second.pause()
    try:
        assert fleet.rollback().outcome is Outcome.FAILED
    finally:
        second.unpause()
    assert fleet.running(first)["current"] == "1.0.0"
    assert fleet.rollback(run="run-3").error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


def test_a_new_host_joins_and_goes_back_to_nothing_when_that_fails(empty: Fleet, old: Release, new: Release) -> None:
    first, second = empty.servers
    assert empty.on(first).deploy(old).error is None
    failed = empty.deploy(new, failing("switch"))
    assert failed.changed and empty.rollback().error is None
    assert empty.running(first)[WEB] == "1.0.0" and empty.running(second) == {}
    assert empty.deploy(new).error is None
    assert [empty.running(server)[WEB] for server in empty.servers] == ["1.1.0", "1.1.0"]
    turned = empty.on(second, first)
    assert turned.deploy(new).error is None, "the order in the file may change"


def test_a_host_that_runs_nothing_is_not_put_first(empty: Fleet, old: Release, new: Release) -> None:
    first, second = empty.servers
    assert empty.on(second).deploy(old).error is None
    report = empty.deploy(new)
    assert (
        report.error and "nothing runs there, and 1.0.0 on other hosts; name a host first that runs it" in report.error
    )
    assert empty.running(first) == {} and empty.running(second)[WEB] == "1.0.0"


def test_a_first_deployment_that_fails_leaves_nothing_on_any_host(empty: Fleet, old: Release) -> None:
    assert empty.deploy(old, failing("healthy")).changed
    assert empty.rollback().error is None
    assert [empty.running(server) for server in empty.servers] == [{}, {}]


def test_each_host_runs_the_services_of_its_roles(empty: Fleet, new: Release) -> None:
    first, second = empty.servers
    parted = empty.on(first, second, roles=[[WEB], [WORKER]])
    assert parted.deploy(new).error is None
    assert [sorted(parted.running(server)) for server in parted.servers] == [["current", WEB], ["current", WORKER]]
    together = empty.on(first, second, roles=[[WEB, WORKER], [WORKER]])
    assert together.deploy(new).error is None
    assert sorted(together.running(first)) == ["current", WEB, WORKER]
    assert parted.deploy(new).error is None
    assert sorted(parted.running(first)) == ["current", WEB], "a service is removed with its role"


def test_going_back_to_an_older_release_reaches_all_hosts(fleet: Fleet, old: Release, new: Release) -> None:
    assert fleet.deploy(new).error is None
    assert (refused := fleet.deploy(old).error) and "older than 1.1.0" in refused
    assert fleet.rollback(old, failing("healthy")).changed
    assert fleet.rollback(run="run-3").error is None
    assert fleet.versions == ["1.1.0"]
    assert fleet.rollback(old).error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)
