"""Webhooks with a real receiver in a process of its own, signed deliveries, and the code server behind it."""

import hashlib
import hmac
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorTick, SensorInstigatorData

from pipeline_defs.cli.running_service import Service
from pipeline_defs.config.home import PROJECT
from pipeline_defs.github.webhooks.delivery_worker import handled_by_sensor
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.release.run_tags import NOTICED, THEN
from pipeline_defs.runtime.automation.entries import write_entries
from pipeline_defs.runtime.code_server import LOCATION, CodeServer, target_at
from tests.integration.github_changes import (
    REPOSITORY,
    SECRET,
    a_free_port,
    code_address,
    code_server_process,
    make_home,
    variables,
    wait_for_port,
)
from tests.testbed.github import GitHubServer


class Home:
    """One home with a code server, the stand-in, and a receiver when it is started."""

    def __init__(self, folder: Path, github: GitHubServer, environment: dict[str, str]) -> None:
        self.root, self.github, self.environment = folder / "home", github, environment
        self.port = a_free_port()
        code = f"unix:{environment['SHIPLINE_CODE_SOCKET']}"
        Service("http://127.0.0.1:9", 9, code).write(self.root / "service.json")
        self.instance = DagsterInstance.from_config(str(self.root))
        self.sensor = self._sensor(code)

    def _sensor(self, code: str) -> InstigatorState:
        server = CodeServer(self.instance, target_at(code))
        location = server._process.create_request_context().get_code_location(LOCATION)
        sensor = location.get_repository("__repository__").get_sensor("github")
        handled = GitHubCursor()
        for branch in ("main", "development"):
            handled = handled.with_head(branch, self.github.head(REPOSITORY, branch) or "")
        write_entries(self.instance, "github", {"shop": handled.model_dump_json()})
        data = SensorInstigatorData()
        state = InstigatorState(sensor.get_remote_origin(), InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)
        server.close()
        return self.instance.add_instigator_state(state)

    def switch(self, status: InstigatorStatus) -> None:
        """Switch the sensor on or off, as people do in Dagster."""
        self.sensor = self.instance.update_instigator_state(self.sensor.with_status(status)) or self.sensor

    @contextmanager
    def receiver(self, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """`shipline webhooks`, until the block ends."""
        command = [sys.executable, "-m", "pipeline_defs.cli.main", "webhooks", "--port", str(self.port)]
        process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | self.environment | more)
        try:
            wait_for_port(self.port)
            yield process
        finally:
            process.terminate()
            process.wait()

    def post(self, body: bytes, headers: dict[str, str], path: str = "/") -> int:
        """The status of an answer."""
        return requests.post(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers, timeout=10).status_code

    def heads_with_runs(self) -> list[str]:
        """The commit of every run, oldest first."""
        return [run.tags["head"] for run in reversed(self.instance.get_runs(RunsFilter()))]

    def wait_until_done(self) -> None:
        """Until no delivery waits; the test's own time limit ends this."""
        while self.deliveries("done is null"):
            time.sleep(0.05)

    def deliveries(self, which: str = "1") -> list[tuple[Any, ...]]:
        """Rows of the inbox."""
        with sqlite3.connect(self.root / "deliveries" / "deliveries.db") as database:
            return database.execute(f"select guid, error from deliveries where {which}").fetchall()


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubServer]:
    """One for the module; each test makes commits of its own."""
    with GitHubServer(validate=False) as server:
        server.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        server.create_branch(REPOSITORY, "development", "main")
        yield server


@pytest.fixture(scope="module")
def served(github: GitHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A home's folder and environment, with its code server."""
    folder = make_home(tmp_path_factory.mktemp("webhooks") / "world", github.url)
    with code_address() as code:
        environment = variables(folder, code, github.create_token("acme"))
        with code_server_process(environment):
            yield folder, environment


@pytest.fixture
def home(github: GitHubServer, served: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Home]:
    """A fresh home beside the module's code server, which knows the same app."""
    folder, environment = served
    made = tmp_path / "home"
    made.mkdir()
    (made / "dagster.yaml").write_text((folder / "home" / "dagster.yaml").read_text())
    own = environment | {"SHIPLINE_HOME": str(made), "DAGSTER_HOME": str(made)}
    fresh = Home(tmp_path, github, own)
    yield fresh
    fresh.instance.dispose()


def signed(body: bytes, secret: str = SECRET, **more: str) -> dict[str, str]:
    """The headers of a delivery."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-GitHub-Delivery": f"{time.monotonic_ns():036d}",
        "X-GitHub-Event": "push",
        "Content-Type": "application/json",
        **more,
    }


def push(branch: str = "development", repository: str = REPOSITORY) -> bytes:
    """The part of a payload that counts."""
    return json.dumps({"ref": f"refs/heads/{branch}", "repository": {"full_name": repository}}).encode()


def test_what_is_not_signed_or_not_a_delivery_is_refused_and_kept_nowhere(home: Home) -> None:
    body = push()
    with home.receiver():
        good = signed(body)
        assert home.post(body + b" ", good) == 401
        for mangled in ("", good["X-Hub-Signature-256"][:-1], "sha256=", "sha1=x"):
            assert home.post(body, good | {"X-Hub-Signature-256": mangled}) == 401
        assert home.post(body, signed(body, "another secret")) == 401
        assert home.post(b"{", signed(b"{")) == 400
        assert home.post(body, good | {"X-GitHub-Delivery": "../x"}) == 400
        assert home.post(body, good | {"X-GitHub-Event": ""}) == 400
        large = b" " * (25 * 1024 * 1024 + 1)
        assert home.post(large, signed(large)) == 413
        assert home.post(push(repository="acme/other"), signed(push(repository="acme/other"))) == 202
        assert requests.get(f"http://127.0.0.1:{home.port}/health", timeout=5).status_code == 200
        assert home.deliveries() == []


def test_a_delivery_is_answered_from_github_itself_and_only_once(home: Home) -> None:
    head = home.github.commit(REPOSITORY, {"a": "1"}, branch="development")
    body = push()
    headers = signed(body)
    with home.receiver():
        answers: list[int] = []
        posts = [threading.Thread(target=lambda: answers.append(home.post(body, headers, "/github"))) for _ in range(5)]
        for each in posts:
            each.start()
        for each in posts:
            each.join()
        assert answers == [202] * 5
        assert home.post(body, signed(body)) == 202  # another delivery, late, about the same
        home.wait_until_done()
        assert (home.heads_with_runs(), len(home.deliveries())) == ([head], 2)
        (run,) = home.instance.get_runs()
        assert (run.status.value, run.tags[NOTICED], run.tags[THEN]) == ("QUEUED", "webhook", "stage")
        assert run.tags["actor"] == "acme on GitHub"

        fork = home.github.commit(REPOSITORY, {"b": "1"}, branch="12-fix", at="development")
        number = home.github.create_pull(REPOSITORY, "12-fix", base="development")
        about = json.dumps({"pull_request": {"number": number}, "repository": {"full_name": REPOSITORY}}).encode()
        assert home.post(about, signed(about, **{"X-GitHub-Event": "pull_request"})) == 202
        home.wait_until_done()
        assert home.heads_with_runs() == [head, fork]


def test_nothing_is_started_while_the_sensor_is_switched_off(home: Home) -> None:
    home.github.commit(REPOSITORY, {"c": str(time.time())}, branch="development")
    home.switch(InstigatorStatus.STOPPED)
    with home.receiver():
        assert home.post(push(), signed(push())) == 202
        home.wait_until_done()
        assert home.heads_with_runs() == []
        ((_, why),) = home.deliveries()
        assert "switched off" in why


def test_what_was_accepted_is_done_after_a_restart(home: Home) -> None:
    head = home.github.commit(REPOSITORY, {"d": str(time.time())}, branch="development")
    home.github.fail("before", path="/repos", times=None)
    with home.receiver() as first:
        assert home.post(push(), signed(push())) == 202
        while not home.deliveries("tries > 0"):
            time.sleep(0.05)
        first.kill()
    home.github.clear_faults()
    with home.receiver():
        home.wait_until_done()
        assert home.heads_with_runs() == [head]


def test_a_shipline_that_was_started_anew_is_found_at_its_new_socket(home: Home) -> None:
    def deliver(*, code: str) -> None:
        head = home.github.commit(REPOSITORY, {"e": str(time.time())}, branch="development")
        with code_server_process(home.environment | {"SHIPLINE_CODE_SOCKET": code.removeprefix("unix:")}):
            Service("http://127.0.0.1:9", 9, code).write(home.root / "service.json")
            assert home.post(push(), signed(push())) == 202
            home.wait_until_done()
            assert home.heads_with_runs()[-1] == head

    with home.receiver(), code_address() as first, code_address() as second:
        deliver(code=first)
        (home.root / "service.json").unlink()
        home.github.commit(REPOSITORY, {"f": str(time.time())}, branch="development")
        assert home.post(push(), signed(push())) == 202
        while not home.deliveries("tries > 0 and error like '%start it with: shipline up%'"):
            time.sleep(0.05)
        deliver(code=second)
        deliver(code=second)  # a code server that died, and was started again where it was


def test_what_faces_the_internet_has_its_senders_secrets_and_no_other(home: Home, tmp_path: Path) -> None:
    """As docker/compose.yaml has it: one program that receives, and another one that looks at what came."""
    command = [sys.executable, "-m", "pipeline_defs.cli.webhook_processes"]
    alive, folder = tmp_path / "alive", home.root / "deliveries"
    folder.mkdir(
        mode=0o700, parents=True, exist_ok=True
    )  # as scripts/service does: neither program waits for the other one
    bare = {"PATH": os.environ["PATH"], "SHIPLINE_DELIVERIES": str(folder)}
    with (
        ended(subprocess.Popen([*command, "look", str(alive)], cwd=PROJECT, env=os.environ | home.environment)),
        ended(subprocess.Popen([*command, "receive", str(home.port)], cwd=PROJECT, env=bare)) as receiver,
    ):
        wait_for_port(home.port)
        until(alive.exists)
        head = home.github.commit(REPOSITORY, {"g": str(time.time())}, branch="development")
        assert home.post(push(), {**signed(push()), "X-Hub-Signature-256": f"sha256={'0' * 64}"}) == 401
        assert home.post(push(), signed(push())) == 202
        until(lambda: home.heads_with_runs()[-1:] == [head])
        seen = {
            Path(file.path)
            for file in psutil.Process(receiver.pid).open_files()
            if home.root in Path(file.path).parents
        }
    assert {file.parent for file in seen} == {folder}
    assert json.loads((folder / "senders.json").read_text()) == [
        {"app": "shop", "repository": REPOSITORY, "secret": SECRET}
    ]
    assert (folder / "senders.json").stat().st_mode & 0o077 == 0


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def test_without_shipline_it_says_so(home: Home) -> None:
    (home.root / "service.json").unlink()
    command = [sys.executable, "-m", "pipeline_defs.cli.main", "webhooks"]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ | home.environment, capture_output=True, text=True)
    assert (done.returncode, "start it with: shipline up" in done.stderr) == (1, True)


DRY_RUN = """mutation { sensorDryRun(selectorData: {repositoryLocationName: "shipline", repositoryName: "__repository__",
  sensorName: "github"}, cursor: CURSOR) { ... on DryRunInstigationTick { evaluationResult { skipReason error { message } } } } }"""


def test_up_receives_webhooks_and_starts_the_receiver_again(tmp_path: Path, github: GitHubServer) -> None:
    """The whole of it: daemon, sensor, receiver; from a delivery to the first op, and a preview that starts nothing."""
    folder = make_home(tmp_path / "world", github.url)
    with (folder / "apps" / "shop.yaml").open("a") as file:
        file.write('lint: ["sh", "-c", "exit 3"]\n')
    environment = os.environ | variables(folder, "", github.create_token("acme"))
    environment.pop("SHIPLINE_CODE_SOCKET")
    port = a_free_port()

    def shipline(*words: str) -> None:
        command = [sys.executable, "-m", "pipeline_defs.cli.main", *words]
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True)

    home = folder / "home"
    hook = github.create_hook(REPOSITORY, f"http://127.0.0.1:{port}/", SECRET, ["push"])
    shipline("up", "--detach", "--port", str(a_free_port()), "--webhooks", str(port))
    try:
        with DagsterInstance.from_config(str(home)) as instance:
            until(lambda: handled_by_sensor(instance, "shop"))
            before = Service.read(home / "service.json")
            assert before is not None
            psutil.Process(before.pids["webhooks"]).kill()
            until(
                lambda: (now := Service.read(home / "service.json")) and now.pids["webhooks"] != before.pids["webhooks"]
            )
            wait_for_port(port)
            head = github.commit(REPOSITORY, {"up": "1"}, branch="main")
            until(lambda: instance.get_runs(RunsFilter(tags={"head": head}, statuses=[DagsterRunStatus.FAILURE])))
            (run,) = instance.get_runs()
            assert (run.job_name, run.tags["dagster/sensor_name"]) == ("shop_deploy", "github")
            # The recovery sensor has looked at it, as at any other run.
            until(lambda: any(run.run_id[:8] in (tick.skip_reason or "") for tick in ticks(instance, "recover")))

            github.fail_deliveries(drop=1.0)
            shipline_url = before.url
            cursor = GitHubCursor().with_head("main", github.log(REPOSITORY)[-1]).model_dump_json()
            query = DRY_RUN.replace("CURSOR", json.dumps(cursor))
            headers = {"Authorization": f"Bearer {(home / 'token').read_text()}"}
            answer = requests.post(f"{shipline_url}/graphql", json={"query": query}, headers=headers, timeout=30).json()
            assert "preview, nothing is started" in json.dumps(answer)
            assert len(instance.get_runs()) == 1
    finally:
        github.clear_faults()
        github.world.repo(REPOSITORY).hooks.pop(hook)
        shipline("down")


def until(is_so: Callable[[], object]) -> None:
    """Wait; the test's own time limit ends this."""
    while not is_so():
        time.sleep(0.1)


def ticks(instance: DagsterInstance, sensor: str) -> list[InstigatorTick]:
    """The ticks of a sensor."""
    for state in instance.all_instigator_state():
        if state.origin.instigator_name == sensor:
            return list(instance.get_ticks(state.instigator_origin_id, state.selector_id))
    return []
