"""`shipline up` with the real Dagster: it starts, serves, survives deaths, and leaves nothing behind."""

import contextlib
import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from dagster import AssetKey, DagsterInstance, RunsFilter
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from pipeline_defs.cli.graphql_client import _LAUNCH, _execution
from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import REASON
from tests.support.run_processes import run_processes

APP = """
repository: {repository}
image: 127.0.0.1:9/team/{name}
lint: {lint}
test: null
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}, compose: production.yml}}
"""


@dataclass
class Shipline:
    """The command, for one home of its own."""

    root: Path
    environment: dict[str, str]
    told: dict = field(default_factory=dict)

    @staticmethod
    def command(*words: str) -> list[str]:
        """The command as it is executed."""
        return [sys.executable, "-m", "pipeline_defs.cli.main", *words]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), cwd=PROJECT, env=self.environment, capture_output=True, text=True)

    def json(self, *words: str) -> dict:
        done = self("--json", *words)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def up(self) -> dict:
        """Start it in the background."""
        done = self("--json", "up", "--detach", "--port", str(free_port()))
        assert done.returncode == 0, done.stderr
        told: dict = json.loads(done.stdout)
        return told

    def service(self) -> Service:
        service = Service.read(self.root / "service.json")
        assert service is not None
        return service

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this home, runs included."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            return alive and process.environ().get("SHIPLINE_HOME") == str(self.root)
        except psutil.Error:
            return False

    def run_status(self, run: str) -> str:
        """What Dagster's storage says, with or without a service."""
        with DagsterInstance.from_config(str(self.root)) as instance:
            found = instance.get_run_by_id(run)
            assert found is not None
            return found.status.value

    def runs_tagged(self, **tags: str) -> list[str]:
        """The status of each run with these tags."""
        with DagsterInstance.from_config(str(self.root)) as instance:
            return [run.status.value for run in instance.get_runs(RunsFilter(tags=tags))]


@contextlib.contextmanager
def home(folder: Path) -> Iterator[Shipline]:
    """A home with two apps: one whose lint fails at once, one whose lint takes long. Ends whatever runs for it."""
    repository = folder / "repository"
    repository.mkdir()
    (repository / "version.txt").write_text("1.0.0\n")
    (repository / "Dockerfile").write_text("FROM scratch\nCOPY version.txt /\n")
    (repository / "production.yml").write_text('services: {app: {image: "127.0.0.1:9/team/app:${VERSION}"}}\n')
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(repository)]
    for command in (["init", "-q", "-b", "work"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    (folder / "apps").mkdir()
    # No branch is called development or main, so the sensors find nothing to do.
    lints = {"bad": "echo a comma is missing; exit 3", "slow": f"touch {folder / 'lint-began'}; sleep 600"}
    for name, lint in lints.items():
        text = APP.format(name=name, repository=repository, lint=json.dumps(["sh", "-c", lint]))
        (folder / "apps" / f"{name}.yaml").write_text(text)
    root = folder / "home"
    unset = ("DAGSTER_HOME", "SHIPLINE_CODE_SOCKET")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"SHIPLINE_HOME": str(root), "SHIPLINE_APPS": str(folder / "apps")}
    command = Shipline(root, environment)
    try:
        yield command
    finally:
        command("down")
        for process in command.processes():
            process.kill()


@pytest.fixture
def shipline(tmp_path: Path) -> Iterator[Shipline]:
    """A home of the test's own."""
    with home(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipline]:
    """One that runs, for the first tests of this file, which go on with what the ones before them left.

    Its folder for temporary files is too deep for the path to a socket.
    """
    folder = tmp_path_factory.mktemp("running")
    deep = folder / ("deep" * 30)
    deep.mkdir()
    with home(folder) as made:
        made.environment["TMPDIR"] = str(deep)
        made.told = made.up()
        yield made


def wait_until(is_so: Callable[[], object]) -> None:
    while not is_so():  # the test's own time limit ends this
        time.sleep(0.2)


def _doors(shipline: Shipline) -> set[int]:
    """The ports that its processes listen on; each of its sockets is in a folder that nobody else may enter."""
    folder = Path(shipline.json("env")["SHIPLINE_CODE_SOCKET"]).parent
    assert (stat.S_IMODE(folder.stat().st_mode), folder.stat().st_uid) == (0o700, os.getuid())
    ours = [process.net_connections("all") for process in shipline.processes()]
    listening = [each for found in ours for each in found if each.status == psutil.CONN_LISTEN]
    sockets = {str(each.laddr) for found in ours for each in found if each.family == socket.AF_UNIX and each.laddr}
    assert all(folder in Path(path).parents for path in sockets if path.startswith("/")), sockets
    return {each.laddr.port for each in listening}


def asked(url: str, method: str, path: str, body: str | None = None, **headers: str) -> int:
    """The status of an answer; headers are named with _ for -, and Host is one like the others."""
    to = urlsplit(url)
    assert to.hostname is not None
    connection = http.client.HTTPConnection(to.hostname, to.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status


def test_only_who_has_the_token_and_comes_from_the_page_itself_is_heard(running: Shipline) -> None:
    """What Dagster's own web server would do for anybody: each of these launches a run, or writes into the lineage."""
    told = running.told
    assert _doors(running) == {int(told["url"].rpartition(":")[2])}
    url, token = told["url"], (running.root / "token").read_text()
    assert told["page"] == f"{url}/?token={token}"
    assert stat.S_IMODE((running.root / "token").stat().st_mode) == 0o600
    assert not any(token in word for process in running.processes() for word in process.cmdline())

    run = _execution("bad_integrate", Request(app="bad", job=Job.INTEGRATE, branch="work"), {})
    body = json.dumps({"query": _LAUNCH, "variables": {"run": run}})
    query = "/graphql?" + urlencode({"query": _LAUNCH, "variables": json.dumps({"run": run})})
    cookie = f"shipline-{url.rpartition(':')[2]}={token}"
    sent = {"Cookie": cookie, "Content_Type": "application/json"}
    form = "application/x-www-form-urlencoded"
    tries = [
        ("POST", "/graphql", body, {"Content_Type": "application/json"}, 401),
        ("POST", "/graphql", body, {**sent, "Cookie": cookie[:-1]}, 401),
        ("POST", "/graphql", body, {**sent, "Host": "evil.example"}, 403),
        ("POST", "/graphql", body, {**sent, "Origin": "http://evil.example"}, 403),
        ("POST", "/graphql", body, {**sent, "Origin": "null"}, 403),
        ("POST", "/graphql", body, {**sent, "Sec_Fetch_Site": "same-site"}, 403),
        ("POST", "/graphql", body, {**sent, "Content_Type": "text/plain; application/json"}, 415),
        ("POST", query, "", {**sent, "Content_Type": form}, 415),
        ("POST", "/graphql", _LAUNCH, {**sent, "Content_Type": "application/graphql"}, 415),
        ("GET", query, None, sent, 405),
        ("GET", query, None, {**sent, "Host": "evil.example"}, 403),
        ("POST", "/report_asset_materialization/bad_image", '{"metadata": {"image": {}}}', sent, 404),
        ("POST", "/report_asset_observation/bad_image", "{}", sent, 404),
        ("POST", "/report_asset_check/bad_image?check_name=drift&passed=true", "{}", sent, 404),
        ("GET", "/server_info", None, {}, 401),
    ]
    for method, path, given, headers, status in tries:
        assert asked(url, method, path, given, **headers) == status, (method, path, headers)
    page = url.replace("http", "ws") + "/graphql"
    for origin, kept in (("http://evil.example", cookie), (url, "")):
        with pytest.raises(InvalidStatus, match="403"):
            connect(page, origin=Origin(origin), additional_headers={"Cookie": kept})
    with DagsterInstance.from_config(str(running.root)) as instance:
        assert instance.get_runs() == []
        assert instance.fetch_materializations(AssetKey("bad_image"), limit=1).records == []

    own = {"origin": Origin(url), "additional_headers": {"Cookie": cookie}, "subprotocols": [Subprotocol("graphql-ws")]}
    with connect(page, **own) as connection:
        connection.send('{"type": "connection_init"}')
        assert "connection_ack" in str(connection.recv(timeout=30))
    assert asked(url, "GET", "/runs", Cookie=cookie) == 200
    assert asked(url, "POST", "/graphql", body, **sent, Origin=url, Sec_Fetch_Site="same-origin") == 200
    with DagsterInstance.from_config(str(running.root)) as instance:
        assert len(instance.get_runs()) == 1


@pytest.mark.thorough
def test_whatever_dies_is_started_again(running: Shipline) -> None:
    before = running.service().pids
    for name in ("daemon", "webserver", "code"):
        psutil.Process(before[name]).kill()
    for name in ("daemon", "webserver", "code"):
        wait_until(lambda name=name: running.service().pids[name] != before[name])
    integrate = ("run", "integrate", "bad", "--branch", "work")
    wait_until(lambda: running.json(*integrate).get("status") == "FAILURE")  # as it must: everything works again

    code = psutil.Process(running.service().pids["code"])
    code.children()[0].kill()
    wait_until(lambda: running.service().pids["code"] != code.pid)
    wait_until(lambda: running.json(*integrate).get("status") == "FAILURE")
    log = (running.root / "service-logs" / "up.log").read_text()
    assert "The daemon process was killed by signal 9; it is started again in 1 s." in log
    assert "The code process lost the process that holds the definitions" in log


def test_a_run_is_stopped_and_made_once_more_and_files_are_read_anew_by_a_command(running: Shipline) -> None:
    integrate = ("run", "integrate", "slow", "--branch", "work", "--no-follow")
    first: str = running.json(*integrate)["run"]
    wait_until((running.root.parent / "lint-began").exists)
    assert len(list(run_processes(running.root))) == 1
    assert "has not ended yet; stop it first with: shipline cancel" in running("rerun", first[:8]).stderr
    stopped = running.json("cancel", "slow")
    assert (stopped["run"], stopped["status"], stopped["error"]) == (first, "CANCELED", "it was stopped from outside")
    ended = running("cancel", first[:8])
    assert (ended.returncode, "has ended already (canceled); there is nothing to stop" in ended.stderr) == (2, True)
    assert "no run of slow is queued or under way" in running("cancel", "slow").stderr
    assert "no run of slow has failed" in running("rerun", "slow").stderr
    assert "there is no app 'slwo'; did you mean 'slow'?" in running("rerun", "slwo").stderr

    (running.root.parent / "lint-began").unlink()
    again = running.json("rerun", first[:8], "--reason", "the disk was full", "--no-follow")
    assert again["rerun_of"] == first
    wait_until((running.root.parent / "lint-began").exists)
    with DagsterInstance.from_config(str(running.root)) as instance:
        older, newer = instance.get_run_by_id(first), instance.get_run_by_id(again["run"])
    assert older is not None and newer is not None
    assert (newer.job_name, newer.run_config) == (older.job_name, older.run_config)
    assert (newer.tags[REASON], newer.tags["app"]) == ("the disk was full", "slow")
    assert running.json("cancel", again["run"][:8], "--no-follow")["status"] == "CANCELING"

    assert running.json("run", "integrate", "bad", "--branch", "work")["status"] == "FAILURE"
    failed = running("rerun", "bad")
    assert (failed.returncode, "once more" in failed.stdout, "✗ lint" in failed.stdout) == (1, True, True)

    file = Path(running.environment["SHIPLINE_APPS"]) / "bad.yaml"
    file.with_name("third.yaml").write_text(file.read_text().replace("/opt/bad", "/opt/third"))
    assert running.json("reload") == {"apps": ["bad", "slow", "third"]}
    file.with_name("third.yaml").write_text("image: 7\n")
    wrong = running("reload")
    assert (wrong.returncode, "nothing is read anew: " in wrong.stderr, "third.yaml" in wrong.stderr) == (2, True, True)
    file.with_name("third.yaml").unlink()
    assert running.json("reload") == {"apps": ["bad", "slow"]}


@pytest.mark.thorough
def test_what_is_changed_while_it_runs_is_used_without_a_restart(running: Shipline) -> None:
    """A line of `.env`, an app's file, and an app that is new."""

    def says(words: str, app: str = "bad") -> None:
        wait_until(lambda: words in running("run", "integrate", app, "--branch", "work", "--log").stdout)

    file, settings = Path(running.environment["SHIPLINE_APPS"]) / "bad.yaml", running.root / ".env"
    before = file.read_text()
    settings.write_text("WORD=first\n")
    file.write_text(before.replace("echo a comma is missing", "echo the word is ${WORD}"))
    says("the word is first")
    settings.write_text("WORD=second-one\n")
    assert "the word is second-one" in running("run", "integrate", "bad", "--branch", "work", "--log").stdout
    newcomer = file.with_name("newcomer.yaml")
    newcomer.write_text(file.read_text().replace("bad", "newcomer"))
    says("the word is second-one", "newcomer")
    newcomer.unlink()
    settings.unlink()
    file.write_text(before)
    assert running.json("reload") == {"apps": ["bad", "slow"]}


def test_up_serves_runs_and_down_leaves_nothing(running: Shipline) -> None:
    told = running.told
    assert told["url"] == running.service().url
    assert list((PROJECT / "pipeline_defs" / "__pycache__").glob("definitions.*"))  # no run has to compile anything

    second = running("up")
    assert (second.returncode, second.stdout) == (1, "")
    assert f"runs already for {running.root} at {told['page']}" in second.stderr
    taken = running("--json", "up", "--port", told["url"].rpartition(":")[2])
    assert (taken.returncode, "runs already" in taken.stdout) == (1, True)

    run = running("run", "integrate", "bad", "--branch", "work")
    assert run.returncode == 1
    assert "✗ lint" in run.stdout
    assert "a comma is missing" in run.stdout
    followed = running.json("run", "integrate", "bad", "--branch", "work")
    assert (followed["status"], followed["stages"][0]["outcome"]) == ("FAILURE", "failed")
    assert followed["error"]
    said = running("logs", "bad", followed["run"][:12]).stdout
    assert "lint" in said and "a comma is missing" in said
    assert running("logs", "bad", followed["run"][:12], "--lines", "1").stdout.count("\n") == 1
    again = running("logs", "bad", followed["run"], "--follow")
    assert (again.returncode, "✗ lint" in again.stdout) == (1, True)
    assert "has no run that begins with 0000ffff" in running("logs", "bad", "0000ffff").stderr

    # Dagster's own command beside it, with the variables that `shipline env` prints.
    variables = running.json("env")
    config = json.dumps(Request(app="bad", job=Job.INTEGRATE, branch="work").run_config())
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "job",
        "launch",
        "-w",
        "workspace.yaml",
        "-j",
        "bad_integrate",
    ]
    launch = [*command, "--config-json", config, "--tags", '{"by": "hand"}']
    done = subprocess.run(launch, cwd=PROJECT, env=running.environment | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: running.runs_tagged(by="hand") == ["FAILURE"])
    printed = running("env").stdout.splitlines()
    assert f"export SHIPLINE_CODE_SOCKET={variables['SHIPLINE_CODE_SOCKET']}" in printed

    assert running.json("down") == {"stopped": True}
    assert not Path(variables["SHIPLINE_CODE_SOCKET"]).parent.exists()
    assert running.processes() == []
    assert not (running.root / "service.json").exists()
    assert not (running.root / "token").exists()
    assert running.json("down") == {"stopped": False}
    assert "start it with: shipline up" in running("run", "integrate", "bad", "--branch", "work").stderr


@pytest.mark.thorough
def test_one_run_at_a_time_changes_an_environment_and_down_stops_it(shipline: Shipline) -> None:
    shipline.up()
    deploy = ("run", "deploy", "slow", "--commit", "work", "--no-follow")
    first = shipline.json(*deploy)["run"]
    wait_until((shipline.root.parent / "lint-began").exists)
    second = shipline.json(*deploy)["run"]
    beside = shipline.json("run", "integrate", "bad", "--branch", "work")
    assert beside["status"] == "FAILURE"  # it had its turn, and ended as it must
    assert (shipline.run_status(first), shipline.run_status(second)) == ("STARTED", "QUEUED")

    assert shipline("down").returncode == 0  # the run that goes on gets the time to undo
    assert (shipline.run_status(first), shipline.run_status(second)) == ("CANCELED", "QUEUED")
    assert shipline.processes() == []


@pytest.mark.thorough
def test_who_follows_a_run_that_is_lost_follows_the_one_that_takes_its_place(shipline: Shipline) -> None:
    shipline.up()
    words = ("run", "integrate", "slow", "--branch", "work")
    with subprocess.Popen(
        shipline.command(*words), cwd=PROJECT, env=shipline.environment, stdout=subprocess.PIPE, text=True
    ) as following:
        for _ in range(2):  # the second one is not made again
            wait_until((shipline.root.parent / "lint-began").exists)
            (shipline.root.parent / "lint-began").unlink()
            (run,) = run_processes(shipline.root)
            for process in (run, *run.children(recursive=True)):
                process.kill()
        said, _ = following.communicate(timeout=120)
    assert following.returncode == 1
    assert (said.count("; it is made again  run "), said.count("✗ failed after ")) == (1, 1)


@pytest.mark.thorough
def test_a_killed_shipline_is_started_again_beside_its_unfinished_run(shipline: Shipline) -> None:
    shipline.up()
    run: str = shipline.json("run", "integrate", "slow", "--branch", "work", "--no-follow")["run"]
    wait_until((shipline.root.parent / "lint-began").exists)
    before = shipline.service()
    psutil.Process(before.pids["up"]).kill()
    wait_until(lambda: before.process("up") is None)

    shipline.up()
    assert [before.process(name) for name in ("daemon", "webserver")] == [None, None]
    assert shipline.run_status(run) == "STARTED"  # the old code server still watches over it

    for process in shipline.processes():  # and now everything dies at once, as in a power cut
        process.kill()
    wait_until(lambda: shipline.processes() == [])
    assert shipline.run_status(run) == "STARTED"
    (shipline.root.parent / "lint-began").unlink()
    shipline.up()
    assert shipline.run_status(run) == "FAILURE"
    wait_until((shipline.root.parent / "lint-began").exists)  # it changed nothing, so it is made again
    assert "had lost its process and is marked as failed" in (shipline.root / "service-logs" / "up.log").read_text()
