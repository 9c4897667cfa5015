"""Shipline as a service: the containers of docker/compose.yaml, from `up` to `down`, on the real Engine."""

import json
from collections.abc import Iterator

import pytest

from tests.support.service import RunningService
from tests.support.service import service as running_service
from tests.support.service_app import lint_and_reach_registry
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.waiting import holds_within

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]  # the first time the images are built


@pytest.fixture(scope="module")
def service(testbed: TestBed) -> Iterator[RunningService]:
    with running_service(testbed, "service") as running:
        yield running


def of_service(service: RunningService, kind: str, *more: str) -> list[str]:
    """The ids of what Compose made for the service."""
    project = f"label=com.docker.compose.project={service.project}"
    return docker.docker(kind, "ls", "--quiet", *more, "--filter", project).split()


def test_only_who_knows_the_password_sees_the_page(service: RunningService) -> None:
    assert service.status("/server_info", service.password) == 200
    assert [service.status("/server_info", wrong) for wrong in (None, "guessed")] == [401, 401]
    assert service.status("/graphql", None, b'{"query": "{ version }"}') == 401


def test_a_page_of_another_site_reaches_nothing_with_the_log_in_of_its_visitor(service: RunningService) -> None:
    version, own = b'{"query": "{ version }"}', f"https://localhost:{service.port}"
    asked = ("/graphql", service.password, version)
    assert service.status(*asked, Origin=own) == 200
    for origin in ("https://evil.example", "null", "https://localhost", f"http://localhost:{service.port}"):
        assert service.status(*asked, Origin=origin) == 403
    assert service.status(*asked, Sec_Fetch_Site="cross-site") == 403
    assert service.status(*asked, Content_Type="text/plain") == 415
    assert service.status("/graphql?query={version}", service.password) == 405
    assert service.status("/report_asset_materialization/blog_image", service.password, b"{}") == 404
    assert service.status("/runs", service.password, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 403
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert service.status("/runs", service.password, **link) == 200


def test_metrics_and_health_are_behind_the_log_in(service: RunningService) -> None:
    assert holds_within(120, lambda: service.status("/health", service.password) == 200), service.read("/health")
    paths = ("/health", "/metrics")
    assert [service.status(path, wrong) for path in paths for wrong in (None, "guessed")] == [401] * 4
    assert 'shipline_part_well{part="daemon SENSOR"} 1.0' in service.read("/metrics").splitlines()


def test_health_is_red_while_the_database_is_away(service: RunningService) -> None:
    service.words("stop", "database")
    try:
        assert holds_within(60, lambda: json.loads(service.read("/health"))["standing_still"] == ["storage"])
        assert service.status("/health", service.password) == 503
        assert 'shipline_part_well{part="storage"} 0.0' in service.read("/metrics").splitlines()
    finally:
        service.words("start", "database")
    assert holds_within(180, lambda: service.status("/health", service.password) == 200), service.read("/health")


@pytest.mark.parametrize("name", ["code", "daemon", "webserver", "deliveries", "observe", "caddy"])
def test_each_line_of_a_log_is_json(service: RunningService, name: str) -> None:
    lines = service.words("logs", "--no-color", "--no-log-prefix", name).splitlines()
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict), line


def test_deliveries_need_a_signature_and_nothing_else(service: RunningService) -> None:
    assert service.status("/webhooks/github", body=b"{}") == 401  # the receiver's own answer
    assert [service.status("/webhooks/github"), service.status("/webhooks/health")] == [404, 404]


def test_a_run_in_its_own_container_ships_a_commit(service: RunningService) -> None:
    """Built, tested and pushed by way of the Engine, deployed over SSH, asked for by the command line."""
    service.write_app(lint_and_reach_registry(service.home, service.bed))
    assert holds_within(60, service.reloads)
    ended = service.shipline("deploy", "blog")
    assert ended["status"] == "SUCCESS"
    facts = service.container_of(ended["run"])
    limits = facts["HostConfig"]
    assert (limits["Memory"], limits["NanoCpus"], limits["CapDrop"]) == (2 * 2**30, 2 * 10**9, ["ALL"])
    assert facts["Config"]["User"] not in ("", "0", "root")
    (row,) = service.shipline("status")
    assert (row["app"], row["environment"], row["version"]) == ("blog", "production", "1.0.0")


def test_the_engine_tells_nobody_a_secret(service: RunningService) -> None:
    containers = of_service(service, "container", "--all")
    containers += docker.docker(
        "ps",
        "--all",
        "--quiet",
        "--filter",
        f"label=shipline.service={(service.folder / 'own' / 'runs').read_text().strip()}",
    ).split()
    facts = docker.docker("inspect", *containers)
    for name in ("own/database", "own/password", "secrets/password", "secrets/ssh-key"):
        assert (service.folder / name).read_text().strip() not in facts


def test_a_run_whose_container_is_killed_has_failed_and_is_made_again_once(service: RunningService) -> None:
    run = service.start_run("sleep 600")
    before = service.runs().keys()
    docker.docker("kill", service.container_of(run)["Id"])
    assert service.ends(run) == "FAILURE"
    assert holds_within(60, lambda: "STARTED" in [service.runs()[each] for each in service.runs().keys() - before])
    (again,) = service.runs().keys() - before
    docker.docker("kill", service.container_of(again)["Id"])
    assert service.ends(again) == "FAILURE"
    failed = service.start_run("exit 1")
    assert service.ends(failed) == "FAILURE"
    said = "not retrying run since it failed due to an asset or op failure"
    assert holds_within(30, lambda: said in service.messages(failed).lower())  # by now Dagster has looked at all three
    assert service.runs().keys() - before == {again, failed}


def test_a_run_that_is_stopped_ends_by_itself(service: RunningService) -> None:
    run = service.start_run("sleep 600")
    assert service.stops(run)
    assert service.ends(run) == "CANCELED"
    assert service.container_of(run)["State"]["ExitCode"] == 0


ASK = """
import sys, urllib.error, urllib.request
for call in sys.argv[2:]:
    method, path = call.split()
    try:
        print(urllib.request.urlopen(urllib.request.Request(f"http://{sys.argv[1]}:2375/v1.41{path}", method=method)).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


@pytest.mark.parametrize(
    ("program", "proxy", "refused"),
    [
        ("webserver", "engine-stop", ["POST /containers/create", "GET /containers/json", "POST /containers/ab/exec"]),
        ("daemon", "engine-launch", ["POST /build", "GET /images/json", "POST /containers/ab/exec"]),
    ],
)
def test_a_program_may_ask_the_engine_for_what_it_needs_only(
    service: RunningService, program: str, proxy: str, refused: list[str]
) -> None:
    said = service.words("exec", "-T", program, "python", "-c", ASK, proxy, "GET /version", *refused)
    assert said.split() == ["200", *["403"] * len(refused)]


def test_the_code_server_comes_back_when_it_has_lost_the_definitions(service: RunningService) -> None:
    service.write_app("sleep 1")
    # Nobody may read what its processes are called by. The deepest one holds the definitions, or is a helper of the one that does.
    kill = "import psutil; [each.kill() for each in psutil.Process(1).children(recursive=True)[1:]]"
    service.words("exec", "-T", "code", "python", "-c", kill)
    (container,) = service.words("ps", "--quiet", "code").split()
    assert holds_within(60, lambda: docker.docker("inspect", "-f", "{{.RestartCount}}", container) == "1")
    assert holds_within(60, service.reloads)


def test_what_is_killed_is_started_again_and_what_was_stopped_is_not(service: RunningService) -> None:
    service.words("stop", "webhooks")
    killed = ["webserver", "database", "engine-stop"]
    docker.docker("kill", *(service.containers()[name]["Id"] for name in killed))
    assert holds_within(60, lambda: all(service.containers()[name]["State"]["Running"] for name in killed))
    assert not service.containers()["webhooks"]["State"]["Running"]
    service.words("start", "webhooks")
    assert holds_within(60, service.answers)


def test_what_does_not_answer_is_started_anew(service: RunningService) -> None:
    freeze = "import psutil; [each.suspend() for each in psutil.process_iter() if 'webhooks' in each.cmdline()]"
    # Until it has answered once, the Engine forgives it a minute of silence.
    assert holds_within(60, lambda: service.containers()["webhooks"]["State"]["Health"]["Status"] == "healthy")
    before = service.containers()["webhooks"]["State"]["StartedAt"]
    service.words("exec", "-T", "webhooks", "python", "-c", freeze)
    assert holds_within(90, lambda: service.containers()["webhooks"]["State"]["StartedAt"] > before)
    assert holds_within(60, lambda: service.containers()["webhooks"]["State"]["Health"]["Status"] == "healthy")


def test_a_restart_loses_nothing(service: RunningService) -> None:
    run = service.start_run("sleep 600")
    before = service.runs()
    service.words("restart")
    assert holds_within(60, service.answers)
    assert service.runs() == before
    assert before[run] == "STARTED"


def test_down_ends_runs_and_leaves_the_data(service: RunningService) -> None:
    run = service.start_run("sleep 600")
    container = service.container_of(run)["Id"]
    service.leave_bed()
    service.words("down")
    assert of_service(service, "container", "--all") == of_service(service, "network") == []
    assert not docker.succeeds("inspect", container)
    assert service.words("run", "--rm", "-T", "storage", "python", "-c", READ, run).split() == ["FAILURE"]


READ = "import sys, dagster; print(dagster.DagsterInstance.get().get_run_by_id(sys.argv[1]).status.value)"
