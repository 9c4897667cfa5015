"""People's own commands on a real server: in a container of the release, and in the one that serves, with a terminal and without."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.store import open_lineage
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.compose_commands import diagnose
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.lock import fence
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.integration.procedures import production
from tests.support.shop import DATABASE_PASSWORD, WITHOUT_ROUTE, Shop, environment

pytestmark = pytest.mark.small_app

SHIPLINE = [sys.executable, "-m", "pipeline_defs.cli.main"]
CONSOLE = "sh -c 'echo console of $APP_ENVIRONMENT'"
LIMIT = 60.0

SPEAKS = 'cat; hostname; echo "$DATABASE_URL"; printf "%s|" "$APP_ENVIRONMENT" "$APP_VERSION" "$0" "$@"; echo aside >&2; exit 7'
AT_A_TERMINAL = """
trap 'echo interrupted; exit 5' INT
test -t 0 && echo ready; read -r word; echo "got $word"
while :; do stty size; sleep 0.2; done
"""
STUBBORN = "trap '' HUP INT TERM; echo ready; while :; do sleep 0.2; done # stubborn"


@pytest.fixture
def home(live: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that knows the shop, of which the first release runs in production."""
    (tmp_path / "apps").mkdir()
    data = yaml.safe_load((PROJECT / "apps" / "shop.yaml").read_text())
    data["environments"]["production"] |= {**WITHOUT_ROUTE, "console": CONSOLE}
    (tmp_path / "apps" / "shop.yaml").write_text(yaml.safe_dump(data))
    places = {"SHIPLINE_HOME": "home", "DAGSTER_HOME": "home", "SHIPLINE_APPS": "apps"}
    for name, value in {**environment(live.bed), **{name: str(tmp_path / at) for name, at in places.items()}}.items():
        monkeypatch.setenv(name, value)
    found = Home.find()
    prepare(found)
    return found


def shipline(*words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*SHIPLINE, *words], cwd=PROJECT, input=given, capture_output=True, timeout=LIMIT, check=False
    )


def recorded(home: Home) -> list[PersonRun]:
    """People's commands in production, newest first."""
    with open_lineage(home) as lineage:
        runs: list[PersonRun] = lineage.person_runs("shop", "production", 20)
        return runs


def persons(server: Connection) -> list[str]:
    """The containers of people's commands."""
    return server.run(script("docker ps -aq --no-trunc --filter label=shipline.person"), timeout=30).stdout.split()


def serving(shop: Shop, server: Connection) -> str:
    """The id of the container that serves."""
    text = "docker ps -q --filter label=com.docker.compose.project=$1 --filter label=com.docker.compose.service=web"
    return server.run(script(text, production(shop).project), timeout=30).stdout.strip()


def test_a_command_has_its_words_its_input_and_its_exit_status(home: Home, live: Shop, server: Connection) -> None:
    words = ("sh", "-c", SPEAKS, "a b", "$(id)", "-x", DATABASE_PASSWORD)
    done = shipline("exec", "shop", "production", "--", *words, given=b"given \xff\n")
    assert (done.returncode, done.stderr.strip()) == (7, b"aside"), (
        done
    )  # Compose adds an empty line where a command fails
    said, host, url, rest = done.stdout.split(b"\n")
    assert (said, rest) == (b"given \xff", f"production|1.0.0|a b|$(id)|-x|{DATABASE_PASSWORD}|".encode())
    assert f":{DATABASE_PASSWORD}@".encode() in url  # it is the person's own output, as it is
    assert host.decode() != serving(live, server) and persons(server) == []

    inside = shipline(
        "exec", "shop", "production", "--running", "--", "sh", "-c", "hostname; exec cat", given=b"x" * 100_000
    )
    assert (inside.returncode, inside.stdout) == (0, f"{serving(live, server)}\n".encode() + b"x" * 100_000)
    console = shipline("console", "shop", "production")
    assert (console.returncode, console.stdout, console.stderr) == (0, b"console of production\n", b"")
    missing = shipline("exec", "shop", "production", "--", "no such program")
    assert missing.returncode not in (0, 7) and b"no such program" in missing.stderr

    shown = json.loads(shipline("history", "shop", "--json").stdout)
    rows = [row for row in shown if row["kind"] == "exec"]
    assert [row["exit_status"] for row in rows] == [missing.returncode, 0, 0, 7]
    kept, host_there = rows[3], str(production(live).config.host)
    assert (kept["version"], kept["host"], kept["environment"]) == ("1.0.0", host_there, "production")
    assert "@" in kept["actor"] and kept["command"].endswith("'a b' '$(id)' -x '***'")
    table = shipline("history", "shop", "production").stdout.decode()
    assert "exit status 7: sh -c" in table and DATABASE_PASSWORD not in table
    with DagsterInstance.from_config(str(home.root)) as instance:
        events = instance.fetch_observations(environment_key("shop", "production"), limit=20).records
    assert len(events) == 8 and DATABASE_PASSWORD not in str(events) and "given" not in str(events)
    newest = events[0].asset_observation
    assert newest and newest.description
    assert newest.description.startswith(f"{kept['actor']} ran on {host_there}: 'no such program'")


@contextmanager
def at_a_terminal(*words: str) -> Iterator[tuple["subprocess.Popen[bytes]", int, int]]:
    """A command of Shipline's at a terminal of 33 rows and 101 columns: its process, and both sides of that."""
    person, slave = pty.openpty()
    resize(person, 33, 101)
    command = ["setsid", "--ctty", "--wait", *SHIPLINE, *words]
    with subprocess.Popen(command, cwd=PROJECT, stdin=slave, stdout=slave, stderr=slave) as process:
        try:
            yield process, person, slave
        finally:
            process.kill()
    os.close(slave)
    os.close(person)


def resize(person: int, rows: int, columns: int) -> None:
    fcntl.ioctl(person, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(person: int, words: str) -> str:
    """What the terminal shows, up to these words."""
    shown, end = "", time.monotonic() + LIMIT
    while words not in shown:
        assert select.select([person], [], [], max(end - time.monotonic(), 0))[0], shown
        shown += os.read(person, 4096).decode()
    return shown


@pytest.mark.parametrize("where", [(), pytest.param(("--running",), marks=pytest.mark.thorough)])
def test_at_a_terminal_a_command_has_one_too(home: Home, server: Connection, where: Sequence[str]) -> None:
    with at_a_terminal("exec", "shop", "production", *where, "--", "sh", "-c", AT_A_TERMINAL) as (
        process,
        person,
        slave,
    ):
        before = termios.tcgetattr(slave)
        read_until(person, "ready")
        os.write(person, b"word\r")
        read_until(person, "got word")
        read_until(person, "33 101")
        resize(person, 20, 60)
        read_until(person, "20 60")
        assert not termios.tcgetattr(slave)[3] & termios.ECHO
        os.write(person, b"\x03")
        read_until(person, "interrupted")
        assert process.wait(LIMIT) == 5
        assert termios.tcgetattr(slave) == before
    assert persons(server) == []
    assert recorded(home)[0].exit_status == 5


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("where", "number"),
    [((), signal.SIGKILL), (("--running",), signal.SIGKILL), (("--running",), signal.SIGHUP)],
)
def test_a_window_that_is_closed_leaves_nothing_on_the_server(
    home: Home, server: Connection, where: Sequence[str], number: signal.Signals
) -> None:
    with at_a_terminal("exec", "shop", "production", *where, "--", "sh", "-c", STUBBORN) as (process, person, slave):
        read_until(person, "ready")
        assert stubborn(server) > 0
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]) if children else process.pid, number)
        process.wait(LIMIT)
        restored = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
    end = time.monotonic() + LIMIT
    while persons(server) or stubborn(server):
        assert time.monotonic() < end
        time.sleep(0.2)
    status = recorded(home)[0].exit_status
    assert (status, restored) == ((129, True) if number == signal.SIGHUP else (None, False))


def stubborn(server: Connection) -> int:
    """How many programs of the stubborn command run, inside containers too."""
    found = server.run(script("grep -lz '[s]tubborn' /proc/[0-9]*/cmdline | wc -l"), timeout=30)
    return int(found.stdout)


def test_where_no_deployment_says_what_runs_as_in_a_rehearsal_the_container_does(
    home: Home, live: Shop, server: Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    current = production(live).current
    assert server.run(script('mv "$1" "$1.away"', current), timeout=30).ok
    try:
        assert main(["exec", "shop", "production", "--", "sh", "-c", "echo $APP_VERSION; exit 4"]) == 4
        assert capfd.readouterr().out == "1.0.0\n"
    finally:
        assert server.run(script('mv -T "$1.away" "$1"', current), timeout=30).ok
    assert [(run.version, run.exit_status) for run in recorded(home)] == [("1.0.0", 4)]


def test_a_deployment_and_a_command_leave_each_other_alone(
    home: Home, live: Shop, second: Release, server: Connection
) -> None:
    words = ("exec", "shop", "production", "--", "sh", "-c", "echo begun; cat; echo secret-of-a-person")
    with subprocess.Popen([*SHIPLINE, *words], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as person:
        assert person.stdin and person.stdout and person.stdout.readline() == b"begun\n"
        [container] = persons(server)
        assert container not in {each.id for each in gather_facts(production(live), server).seen.containers}
        task = live.bare().task("production", second)
        report = deploy(task, server)
        assert (report.outcome, report.error) == (Outcome.SUCCEEDED, None)
        assert server.run(fence(production(live), task), timeout=60).ok  # as after a run that was killed
        said = server.run(diagnose(production(live)), timeout=60)
        assert said.ok and "shop-production-web-1" in said.stdout and "-run-" not in said.stdout
        assert persons(server) == [container]
        person.stdin.write(b"still here\n")
        person.stdin.close()
        assert person.stdout.read() == b"still here\nsecret-of-a-person\n"
        assert person.wait(LIMIT) == 0
    assert persons(server) == []
    assert recorded(home)[0].version == "1.0.0"


def test_what_runs_nowhere_or_could_not_be_masked_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["exec", "shop", "staging", "--", "echo", "started"]) == 1
    said = capfd.readouterr()
    assert said.out == "" and "nothing of shop staging on" in said.err and "`keep_running: true`" in said.err
    monkeypatch.delenv("SHOP_DB_PASSWORD")
    assert main(["exec", "shop", "production", "--", "echo", "started"]) == 1
    said = capfd.readouterr()
    assert said.out == "" and "it could not be masked" in said.err
    monkeypatch.setenv("SHOP_DB_PASSWORD", DATABASE_PASSWORD)
    assert recorded(home) == []
