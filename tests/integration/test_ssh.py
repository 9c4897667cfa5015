"""A real SSH server: commands there behave as they do here, and every way of not getting through has its sentence."""

import base64
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.config import Host, Secret
from pipeline_defs.resources import ssh_login
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import CommandTimeout, Unreachable, command, script
from tests.testbed.bed import TestBed
from tests.testbed.server import Server
from tests.testbed.waiting import holds_within


def host_of(testbed: TestBed, server: Server | None = None, **changes: object) -> Host:
    """The bed's server as an app's file would name it."""
    server = server or testbed.servers[0]
    fields = {"address": server.host, "port": server.ssh_port, "key": testbed.key, "known_hosts": testbed.known_hosts}
    return Host.model_validate({**fields, **changes})


@pytest.fixture
def connection(testbed: TestBed) -> Iterator[Connection]:
    """A connection of this test alone."""
    with SshResource().connect(host_of(testbed)) as connection:
        yield connection


def runs_there(server: Server, marker: str) -> bool:
    """True while a process on the server has the marker among its words."""
    return server.exec("pgrep", "-f", marker, check=False) != ""


def marker() -> str:
    """A number of seconds to sleep that nothing else sleeps."""
    return f"7{time.time_ns()}"


def test_a_command_there_is_like_one_here(connection: Connection) -> None:
    lines: list[str] = []
    asked = script('cat; echo "$1" >&2; exit 3', "a $(b) `c` 'd' \"e\" \\ ü *", stdin="given\n")
    result = connection.run(asked, timeout=30, listen=lines.append)
    assert (result.status, result.stdout, result.stderr) == (3, "given\n", "a $(b) `c` 'd' \"e\" \\ ü *\n")
    assert sorted(lines) == sorted(["given", "a $(b) `c` 'd' \"e\" \\ ü *"])
    assert connection.run(command("printenv", "WORD", WORD="x y"), timeout=30).stdout == "x y\n"


def test_one_connection_serves_all_commands(connection: Connection) -> None:
    parents = {connection.run(script("echo $PPID"), timeout=30).stdout for _ in range(3)}
    assert len(parents) == 1


def test_lines_are_heard_while_the_command_still_runs(connection: Connection) -> None:
    heard: list[str] = []
    with SshResource().connect(connection.host) as other:

        def listen(line: str) -> None:
            heard.append(line)
            if line.startswith("/"):
                other.run(script('echo go >"$1"', line), timeout=30)  # it only ends because its first line was heard

        waiting = script('d=$(mktemp -d); mkfifo "$d/go"; echo "$d/go"; cat "$d/go"; rm -r "$d"')
        assert connection.run(waiting, timeout=30, listen=listen).ok
    assert heard[1:] == ["go"]


def test_twenty_megabytes_of_output_are_heard_whole(connection: Connection) -> None:
    heard = 0

    def listen(line: str) -> None:
        nonlocal heard
        heard += len(line) + 1

    result = connection.run(script("yes 0123456789abcde | head -c 20M"), timeout=300, listen=listen)
    assert result.ok
    assert heard == 20 * 2**20
    assert len(result.stdout) < 10 * 2**20


def test_twenty_megabytes_of_input_arrive(connection: Connection) -> None:
    given = os.urandom(1024) * (20 * 2**10)
    result = connection.run(command("wc", "-c", stdin=given), timeout=300)
    assert result.stdout.strip() == str(len(given))


def test_large_input_and_output_flow_at_the_same_time(connection: Connection) -> None:
    given = b"0123456789abcde\n" * (20 * 2**16)
    result = connection.run(script("tee /dev/stderr", stdin=given), timeout=300)
    assert result.ok
    assert result.stdout.startswith("0123456789abcde\n")
    assert result.stderr.endswith("0123456789abcde\n")


def test_a_command_that_does_not_read_its_input_is_no_error(connection: Connection) -> None:
    assert connection.run(command("true", stdin=b"x" * 2**23), timeout=60).ok


def test_unicode_that_is_split_across_packets_arrives(connection: Connection) -> None:
    lines: list[str] = []
    said = r"printf 'a\303'; sleep 0.2; printf '\274b\342\202'; sleep 0.2; printf '\254\n'"
    assert connection.run(script(said), timeout=30, listen=lines.append).stdout == "aüb€\n"
    assert lines == ["aüb€"]


def test_a_secret_is_masked_also_in_base64(testbed: TestBed) -> None:
    secret = Secret("s3cr3t w0rd'")
    lines: list[str] = []
    connection = Connection(host_of(testbed), [secret])
    try:
        printed = script('word=$(cat); echo "it is $word"; printf %s "$word" | base64 >&2', stdin=secret)
        result = connection.run(printed, timeout=30, listen=lines.append)
    finally:
        connection.close()
    assert (result.stdout, result.stderr) == ("it is ***\n", "***\n")
    assert sorted(lines) == ["***", "it is ***"]
    assert base64.b64encode(secret.reveal().encode()).decode() not in repr(result)


def test_the_time_limit_stops_the_command_on_the_server(testbed: TestBed, connection: Connection) -> None:
    seconds = marker()
    with pytest.raises(CommandTimeout, match=r"on root@127.0.0.1:\d+ did not end within 1 s and was stopped"):
        connection.run(script('sleep "$1" & setsid sleep "$1" & wait', seconds), timeout=1)
    assert holds_within(10, lambda: not runs_there(testbed.servers[0], seconds))
    assert connection.run(command("echo", "still here"), timeout=30).ok


class Interrupted(BaseException):
    """As Dagster raises one in the main thread when a run is terminated."""


def test_an_interrupt_stops_the_command_on_the_server(testbed: TestBed, connection: Connection) -> None:
    seconds = marker()

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(Interrupted):
            connection.run(
                script('echo ready; sleep "$1"', seconds),
                timeout=60,
                listen=lambda line: threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start(),
            )
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert holds_within(10, lambda: not runs_there(testbed.servers[0], seconds))


def test_a_child_that_holds_the_streams_open_does_not_keep_us(connection: Connection) -> None:
    result = connection.run(script('sleep "$1" & echo "$!"', marker()), timeout=60)
    assert result.ok
    connection.run(command("kill", result.stdout.strip()), timeout=30)


def test_a_command_that_is_killed_is_a_result(connection: Connection) -> None:
    assert connection.run(script("kill -9 $$"), timeout=30).status == 255


def test_a_connection_that_is_lost_says_where_and_what_and_the_next_command_cleans_up(
    testbed: TestBed, connection: Connection
) -> None:
    seconds = marker()
    losing = script('kill -9 "$PPID"; sleep "$1"', seconds, says="migrate the database")
    with pytest.raises(Unreachable) as caught:
        connection.run(losing, timeout=60)
    assert str(caught.value) == f"the connection to {connection.host} was lost while `migrate the database` ran there"
    assert connection.run(command("echo", "again"), timeout=30).stdout == "again\n"
    assert holds_within(10, lambda: not runs_there(testbed.servers[0], seconds))


def test_what_a_lost_connection_shows_is_masked(testbed: TestBed) -> None:
    connection = Connection(host_of(testbed), [Secret("s3cr3t-w0rd")])
    with pytest.raises(Unreachable, match=r"\*\*\*") as caught:
        connection.run(script('kill -9 "$PPID"; sleep 5', "s3cr3t-w0rd"), timeout=60)
    connection.close()
    assert "s3cr3t" not in str(caught.value)


def unreachable(host: Host) -> str:
    """The one sentence for a host that cannot be entered."""
    with pytest.raises(Unreachable) as caught, SshResource().connect(host):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_hosts_that_do_not_answer(testbed: TestBed, silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_login, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(ssh_login, "PATIENCE", (0.1,))  # a registry hangs up as a busy SSH server does
    assert "cannot be reached (Connection refused)" in unreachable(host_of(testbed, port=1))
    assert "cannot be reached (" in unreachable(host_of(testbed, address="host.invalid"))
    assert "is an SSH server listening there?" in unreachable(host_of(testbed, port=testbed.registry.port))
    assert "is an SSH server listening there?" in unreachable(host_of(testbed, port=silent_port))


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_unknown_host_key_is_refused_and_shown(testbed: TestBed, tmp_path: Path) -> None:
    server = testbed.servers[0]
    printed = server.exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    for known_hosts in (tmp_path / "missing", tmp_path / "empty"):
        (tmp_path / "empty").touch()
        sentence = unreachable(host_of(testbed, known_hosts=known_hosts))
        assert f"is not in {known_hosts}: the server shows ssh-ed25519 {printed}" in sentence
        assert f"shipline trust-host root@127.0.0.1:{server.ssh_port} --known-hosts {known_hosts}" in sentence


@pytest.fixture(scope="module")
def other(two_servers: tuple[Server, Server]) -> Server:
    """A server on which nothing of another test runs."""
    return two_servers[1]


def test_a_changed_host_key_is_refused_and_both_are_shown(testbed: TestBed, other: Server) -> None:
    host = host_of(testbed, other)
    with SshResource().connect(host) as connection:
        assert connection.run(command("true"), timeout=30).ok
    known = other.exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    other.renew_host_key()
    shown = other.exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    assert holds_within(10, other.answers_ssh)
    sentence = unreachable(host)
    assert "has CHANGED" in sentence
    assert f"has {known}, the server shows ssh-ed25519 {shown}" in sentence
    assert f"root@127.0.0.1:{other.ssh_port} --known-hosts {testbed.known_hosts} --replace" in sentence
    testbed.trust_servers()


def test_a_server_that_freezes_is_left_in_time_and_cleaned_up_when_it_is_back(testbed: TestBed, other: Server) -> None:
    connection = Connection(host_of(testbed, other))
    seconds = marker()
    try:
        with pytest.raises(CommandTimeout):
            connection.run(script('echo ready; sleep "$1"', seconds), timeout=2, listen=lambda _: other.pause())
        other.unpause()
        assert runs_there(other, seconds)
        connection.close()
        assert connection.run(command("true"), timeout=30).ok
        assert holds_within(10, lambda: not runs_there(other, seconds))
    finally:
        if not other.answers_ssh():
            other.unpause()
        connection.close()


def test_keys_that_cannot_be_used(testbed: TestBed, tmp_path: Path) -> None:
    locked, other, text = tmp_path / "locked", tmp_path / "other", tmp_path / "text"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", str(locked)], check=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    text.write_text("no key")
    assert f"the SSH key {locked} has a passphrase" in unreachable(host_of(testbed, key=locked))
    assert f"the SSH key {text} cannot be used" in unreachable(host_of(testbed, key=text))
    assert "cannot be read (No such file or directory)" in unreachable(host_of(testbed, key=tmp_path / "missing"))
    refused = unreachable(host_of(testbed, key=other))
    assert f"refuses the user root with the key {other}; add the public key to its ~/.ssh/authorized_keys" in refused
