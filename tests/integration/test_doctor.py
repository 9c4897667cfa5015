"""`shipline doctor` and `shipline trust-host` on the bed: a server is looked at, trusted, and not trusted anew behind anybody's back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.cli.main import main
from tests.integration.test_ssh import host_of
from tests.support.shop import environment
from tests.testbed.bed import TestBed
from tests.testbed.server import Server
from tests.testbed.waiting import holds_within

Asked = Callable[..., tuple[int, Any]]


@pytest.fixture
def asked(
    testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Asked:
    """A command, asked with --json in a home of its own whose app is the sample app on the bed: (status, what it answers)."""
    for name, value in environment(testbed, SHIPLINE_HOME=str(tmp_path), DAGSTER_HOME=str(tmp_path)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SHOP_KNOWN_HOSTS", str(tmp_path / "known_hosts"))

    def ask(*words: str) -> tuple[int, Any]:
        status = main([*words, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return ask


def test_a_server_is_found_not_trusted_then_trusted_and_well(testbed: TestBed, asked: Asked, tmp_path: Path) -> None:
    server, known_hosts = testbed.servers[0], tmp_path / "known_hosts"
    status, told = asked("doctor", "shop")
    host = f"root@{server.host}:{server.ssh_port}"
    of_host = [finding for finding in told["findings"] if finding["about"] == host]
    assert (status, [finding["what"] for finding in of_host]) == (1, ["host key"])
    assert f"shipline trust-host {host}" in of_host[0]["remedy"]

    assert asked("trust-host", host)[0] == 2  # nobody can be asked here
    wrong = asked("trust-host", host, "--fingerprint", "SHA256:nobody")
    assert wrong[0] == 1 and "shows no key SHA256:nobody" in wrong[1]["error"]
    assert not known_hosts.exists()
    fingerprint = server.exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    status, trusted = asked("trust-host", server.host, "--fingerprint", fingerprint)
    assert (status, trusted["written"], trusted["host"], trusted["known_hosts"]) == (0, True, host, str(known_hosts))
    assert trusted["keys"] == [{"kind": "ssh-ed25519", "fingerprint": fingerprint}]
    assert known_hosts.read_text().split() == server.known_hosts_line().split()
    assert asked("trust-host", host, "--yes")[1]["written"] is False

    told = asked("doctor", "shop")[1]
    of_host = [finding for finding in told["findings"] if finding["about"] == host]
    assert {finding["what"]: finding["level"] for finding in of_host} == {
        "host key": "ok", "SSH": "ok", "Docker Engine": "ok", "Compose": "ok", "disk": "ok", "clock": "ok"
    }  # fmt: skip
    levels = {finding["what"]: finding["level"] for finding in told["findings"] if finding["about"] == "shop"}
    assert (levels["secrets"], levels["registry"]) == ("ok", "ok")


def test_another_key_is_refused_until_it_is_to_be_replaced(
    testbed: TestBed, two_servers: tuple[Server, Server], asked: Asked, tmp_path: Path
) -> None:
    server = two_servers[1]
    host = str(host_of(testbed, server))
    words = ("trust-host", host, "--known-hosts", str(tmp_path / "other"), "--yes")
    assert asked(*words)[0] == 0
    before = (tmp_path / "other").read_text()
    server.renew_host_key()
    assert holds_within(10, server.answers_ssh)
    status, told = asked(*words, "--json")
    assert status == 1 and "somebody may stand in between" in told["error"]
    assert (tmp_path / "other").read_text() == before
    assert asked(*words, "--replace")[0] == 0
    assert server.known_hosts_line() in (tmp_path / "other").read_text()
    testbed.trust_servers()


def test_a_host_that_is_none_is_said(asked: Asked, testbed: TestBed) -> None:
    assert asked("trust-host", "a b")[0] == 2
    status, told = asked("trust-host", f"127.0.0.1:{testbed.registry.port}", "--yes")
    assert status == 1 and "does not answer as an SSH server does" in told["error"]
