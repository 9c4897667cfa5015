"""The bed itself: what the demo and all other integration tests rely on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed import docker
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.checkout import CHECKOUT_LABEL, ROOT, BedError
from tests.testbed.container import bed_label
from tests.testbed.images import BASE, PYTHON
from tests.testbed.server import HOME, PRODUCTION, Server

pytestmark = pytest.mark.thorough


def over_ssh(bed: TestBed, server: Server, command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command line on the server through the real ssh client, which trusts only the bed's known hosts."""
    argv = [*server.ssh(bed.key, bed.known_hosts), command]
    return subprocess.run(argv, input=given, capture_output=True, text=True)


@pytest.fixture
def pushed(testbed: TestBed, tmp_path: Path) -> Iterator[str]:
    """Reference of an image that was pushed to the bed's registry with its password."""
    reference = f"{testbed.registry.address}/bed-test:1"
    docker.docker("tag", BASE.name, reference)
    docker.docker(*testbed.registry.login(tmp_path), "push", "--quiet", reference)
    yield reference
    docker.docker("rmi", reference)


def test_an_image_pushed_here_runs_on_the_server_by_the_same_reference(testbed: TestBed, pushed: str) -> None:
    server, registry = testbed.servers[0], testbed.registry
    login = f"docker --config /tmp/bed-test login --username {registry.user} --password-stdin {registry.address}"
    try:
        assert over_ssh(testbed, server, login, registry.password).returncode == 0
        ran = over_ssh(testbed, server, f"docker --config /tmp/bed-test run --rm {pushed} cat /etc/debian_version")
    finally:  # the other tests find no log-in on the server
        server.exec("rm", "-rf", "/tmp/bed-test")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("12")
    digests = server.inspect(pushed)["RepoDigests"]
    assert digests[0] in docker.docker("inspect", "--format", "{{.RepoDigests}}", pushed)


def test_the_registry_refuses_a_wrong_password(testbed: TestBed, tmp_path: Path) -> None:
    testbed.registry.login(tmp_path / "right")
    words = ["login", "--username", testbed.registry.user, "--password-stdin", testbed.registry.address]
    with pytest.raises(BedError, match="nauthorized"):
        docker.docker("--config", str(tmp_path / "wrong"), *words, input="guessed")


def test_ssh_refuses_a_server_whose_host_key_changed(testbed: TestBed) -> None:
    with testbed.extra_server("exchanged") as server:
        assert over_ssh(testbed, server, "true").returncode == 0
        server.renew_host_key()
        refused = over_ssh(testbed, server, "true")
        assert refused.returncode == 255
        assert "verification failed" in refused.stderr
        testbed.trust_servers()
        assert over_ssh(testbed, server, "true").returncode == 0


def test_a_killed_server_comes_back_as_it_was(testbed: TestBed) -> None:
    with testbed.extra_server("killed", in_memory=False) as server:
        server.load(BASE.name)
        server.exec("docker", "run", "--detach", "--restart", "always", "--name", "app", BASE.name, "sleep", "infinity")
        server.kill()
        assert not server.answers_ssh()
        server.start()
        assert over_ssh(testbed, server, "docker start app").stdout.strip() == "app"
        assert server.inspect("app")["State"]["Running"]


def test_a_paused_server_answers_again_when_it_goes_on(testbed: TestBed) -> None:
    with testbed.extra_server("paused") as server:
        server.pause()
        assert not server.answers_ssh()
        server.unpause()
        assert over_ssh(testbed, server, "true").returncode == 0


def test_a_small_home_can_be_filled(testbed: TestBed) -> None:
    with testbed.extra_server("small", home_size="1m") as server:
        filled = over_ssh(testbed, server, f"head -c 2000000 /dev/zero >{HOME}/file")
        assert filled.returncode == 1
        assert "No space left" in filled.stderr


def test_what_listens_on_a_server_is_reached_at_its_url(testbed: TestBed) -> None:
    with testbed.extra_server("web") as server:
        server.load(PYTHON.name)
        app = ["python3", "-m", "http.server", "80"]
        server.exec("docker", "run", "--detach", "--publish", f"{PRODUCTION}:80", PYTHON.name, *app)
        curl = ["curl", "--silent", "--fail", "--retry", "20", "--retry-all-errors", "--retry-delay", "1"]
        fetched = subprocess.run(
            [*curl, server.url(PRODUCTION) + "/etc/debian_version"], capture_output=True, text=True
        )
        assert fetched.stdout.startswith("12")


def test_the_password_is_in_no_command_line_and_files_with_secrets_are_private(testbed: TestBed) -> None:
    for container in (testbed.registry, testbed.servers[0]):
        assert testbed.registry.password not in str(container.facts())
    for file in (testbed.key, testbed.folder / "env"):
        assert file.stat().st_mode & 0o077 == 0


def test_a_name_has_one_owner(testbed: TestBed) -> None:
    with pytest.raises(BedError, match="in use"), TestBed(testbed.name):
        pass
    assert testbed.registry.answers()


def test_what_a_killed_bed_left_is_removed(engine: None) -> None:
    name = f"killed-{os.getpid()}"
    program = f"""
from tests.testbed.bed import TestBed
with TestBed({name!r}, preload=()) as bed:
    print("up", flush=True)
    input()
"""
    owner = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    while (line := owner.stdout.readline()) != b"up\n":
        assert line, "the bed ended before it was up"
    remove_orphans(name)
    assert left_of(name), "a living owner keeps its bed"
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    remove_orphans(name)
    assert not left_of(name)


def left_of(bed: str) -> list[str]:
    """Containers and networks of that bed."""
    mine = ["--quiet", "--filter", f"label={CHECKOUT_LABEL}", "--filter", f"label={bed_label(bed)}"]
    return docker.docker("ps", "--all", *mine).split() + docker.docker("network", "ls", *mine).split()


def test_a_bed_has_one_server_of_a_role(testbed: TestBed) -> None:
    known = testbed.known_hosts.read_text()
    with pytest.raises(BedError, match="has a server server1 already"), testbed.extra_server("server1"):
        pass
    assert testbed.servers[0].exec("true") == ""
    assert testbed.known_hosts.read_text() == known
