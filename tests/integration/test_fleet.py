"""Several hosts for one environment, on real servers: all of them come to the new release, or all stay at the one before."""

from collections.abc import Iterator

import pytest

from pipeline_defs.config.stage_hooks import Hook, Hooks
from pipeline_defs.release.evidence import Verdict, WayBack
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.fleet.agreement import NOTE
from tests.integration.procedures import Interrupted
from tests.support.fleet import WEB, WORKER, Fleet, Through, failing, fails_on_the_second, heard
from tests.support.fleet_killer import kill
from tests.testbed.bed import TestBed
from tests.testbed.server import Server


@pytest.fixture(scope="module")
def made(testbed: TestBed, two_servers: tuple[Server, Server], tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(testbed, two_servers, tmp_path_factory.mktemp("fleet"))


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
    assert fleet.migrations(first)[-1] == "1.1.0" and fleet.migrations(second) == []
    assert fleet.versions == ["1.1.0"] and no_notes(fleet)
    begun = [number for number, line in enumerate(fleet.said) if f":{second.ssh_port}: start" in line]
    assert begun[0] > next(n for n, line in enumerate(fleet.said) if f":{first.ssh_port}: switch: done" in line)


@pytest.mark.thorough
def test_hooks_run_on_the_first_host_before_any_is_changed_and_once_all_are(fleet: Fleet, new: Release) -> None:
    def deployed(**hooks: Hook) -> Report:
        app = fleet.app
        production = app.environments["production"].model_copy(
            update={"hooks": Hooks(**{name: (hook,) for name, hook in hooks.items()})}
        )
        app = app.model_copy(update={"environments": {"production": production}})
        return fleet.deploy(new, app=app, here=HookRunner({}))

    refused = deployed(before_deploy=Hook(command=("/bin/sh", "-c", "echo no bucket >&2; exit 3")))
    assert refused.outcome is Outcome.FAILED and "step before deploy: no bucket" in (refused.error or "")
    assert not refused.changed and fleet.versions == ["1.0.0"] and no_notes(fleet)
    says = Hook(command=("/bin/sh", "-c", "echo $SHIPLINE_VERSION"))
    report = deployed(before_deploy=says, after_deploy=Hook(command=("false",), where="shipline"))
    assert (report.outcome, fleet.versions, no_notes(fleet)) == (Outcome.SUCCEEDED, ["1.1.0"], True)
    [failed] = report.failed_hooks
    assert "step after deploy: exit status 1" in failed
    steps = [step.step for step in report.steps]
    assert steps.index("pull ahead") < steps.index("before deploy") < steps.index("start")
    assert steps[-1] == "after deploy"
    assert not [step.step for step in report.hosts[1].steps if "deploy" in step.step]


@pytest.mark.thorough
@pytest.mark.parametrize("step", ["pull ahead", "healthy", "switch"])
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


@pytest.mark.parametrize(("step", "number"), [("start", 1), pytest.param("tidy", 1, marks=pytest.mark.thorough)])
def test_after_a_kill_in_the_middle_all_run_one_release_again(
    fleet: Fleet, new: Release, step: str, number: int
) -> None:
    kill(fleet, new, step, number)
    back = fleet.rollback()
    assert back.error is None and back.live
    assert [fleet.versions, no_notes(fleet)] == [[back.live.version], True]
    assert back.live.version == ("1.1.0" if step == "tidy" else "1.0.0"), "the last host had switched, or not"


def interrupted(step: str, number: int) -> Through:
    """The run is interrupted as a step begins on the host with this number."""

    def interrupt() -> None:
        raise Interrupted

    return heard(step, number, interrupt)


@pytest.mark.thorough
def test_an_interrupted_deployment_brings_all_hosts_back(fleet: Fleet, new: Release) -> None:
    with pytest.raises(Interrupted):
        fleet.deploy(new, interrupted("healthy", 1))
    assert fleet.versions == ["1.0.0"]
    assert fleet.rollback().error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


def test_a_host_that_is_not_there_is_refused_before_anything_is_changed(
    fleet: Fleet, new: Release, impatient: None
) -> None:
    first, second = fleet.servers
    before = containers(first)
    second.shut_out()
    try:
        report = fleet.deploy(new)
    finally:
        second.let_in()
    assert report.outcome is Outcome.FAILED and not report.changed
    assert report.error and str(second.ssh_port) in report.error
    assert containers(first) == before
    assert fleet.versions == ["1.0.0"]


@pytest.mark.thorough
def test_a_host_that_is_lost_while_going_back_is_named_and_goes_back_when_it_is_there_again(
    fleet: Fleet, new: Release
) -> None:
    first, second = fleet.servers
    assert fleet.deploy(new, failing("tidy")).changed
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
    assert [fleet.running(server)["current"] for server in fleet.servers] == ["1.0.0", "1.1.0"]
    assert fleet.rollback(run="run-3").error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)


@pytest.mark.thorough
def test_a_new_host_joins_and_goes_back_to_nothing_when_that_fails(empty: Fleet, old: Release, new: Release) -> None:
    first, second = empty.servers
    assert empty.on(first).deploy(old).error is None
    failed = empty.deploy(new, failing("switch"))
    assert failed.changed and empty.rollback().error is None
    assert empty.running(first)[WEB] == "1.0.0" and empty.running(second) == {}
    assert empty.deploy(new).error is None
    assert [empty.running(server)[WEB] for server in empty.servers] == ["1.1.0", "1.1.0"]


@pytest.mark.thorough
def test_a_host_that_runs_nothing_is_not_put_first(empty: Fleet, old: Release, new: Release) -> None:
    first, second = empty.servers
    assert empty.on(second).deploy(old).error is None
    report = empty.deploy(new)
    assert (
        report.error and "nothing runs there, and 1.0.0 on other hosts; name a host first that runs it" in report.error
    )
    assert empty.running(first) == {} and empty.running(second)[WEB] == "1.0.0"


@pytest.mark.thorough
def test_a_first_deployment_that_fails_leaves_nothing_on_any_host(empty: Fleet, old: Release) -> None:
    assert empty.deploy(old, failing("healthy")).changed
    assert empty.rollback().error is None
    assert [empty.running(server) for server in empty.servers] == [{}, {}]


def test_each_host_runs_the_services_of_its_roles(empty: Fleet, new: Release) -> None:
    together = empty.on(*empty.servers, roles=[[WEB, WORKER], [WORKER]])
    assert together.deploy(new).error is None
    assert [sorted(together.running(server)) for server in together.servers] == [
        ["current", WEB, WORKER],
        ["current", WORKER],
    ]
    parted = empty.on(*empty.servers, roles=[[WEB], [WORKER]])
    assert parted.deploy(new).error is None
    assert sorted(parted.running(parted.servers[0])) == ["current", WEB], "a service goes with its role"


def verdict(old: Release) -> WayBack:
    return WayBack(verdict=Verdict.NEEDS_DOWNGRADE, version=old.version, digest=old.digest, revision=old.version)


def test_migrations_are_taken_back_on_the_first_host_alone(fleet: Fleet, old: Release, new: Release) -> None:
    first, second = fleet.servers
    began = len(fleet.migrations(first))
    assert fleet.deploy(new, failing("healthy"), way_back=verdict(old)).changed
    assert fleet.rollback(migrated=new, downgrade_to="1.0.0").error is None
    with pytest.raises(Interrupted):
        fleet.deploy(new, interrupted("start", 1), way_back=verdict(old))
    assert fleet.migrations(first)[began:] == ["1.1.0", "1.0.0", "1.1.0", "1.0.0"]
    assert fleet.migrations(second) == [] and fleet.versions == ["1.0.0"]


@pytest.mark.thorough
def test_going_back_reaches_all_hosts_or_none_and_minds_the_database(fleet: Fleet, old: Release, new: Release) -> None:
    first = fleet.servers[0]
    assert fleet.deploy(new).error is None
    assert (refused := fleet.deploy(old).error) and "older than 1.1.0" in refused
    began = len(fleet.migrations(first))
    assert fleet.rollback(old, failing("healthy"), downgrade_to="1.0.0").changed
    assert fleet.rollback(run="run-3").error is None
    assert fleet.migrations(first)[began:] == ["1.0.0", "1.1.0"], "taken back, and made again"
    assert fleet.versions == ["1.1.0"] and no_notes(fleet)
    assert fleet.rollback(old, downgrade_to="1.0.0").error is None
    assert fleet.versions == ["1.0.0"] and no_notes(fleet)
