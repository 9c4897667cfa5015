"""Ways to a server and to its Engine that a person has set up: an alias and jump hosts in ~/.ssh/config, a context of Docker's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.config import Host, Secret
from pipeline_defs.resources import ssh_config
from pipeline_defs.resources.host_keys import offered_keys, shows, trusted
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.compose_commands import pull
from pipeline_defs.server.core.command import Unreachable, script
from tests.testbed.bed import TestBed

ALIASES = """
Host prod
  HostName {host}
  Port {port}
  User root
  IdentityFile {key}

Host inner
  HostName 127.0.0.1
  User root
  IdentityFile {key}
  ProxyJump prod

Host innermost
  HostName localhost
  User root
  IdentityFile {key}
  ProxyJump prod,inner

Host loop
  ProxyJump loop
"""


@pytest.fixture
def known_hosts(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's ~/.ssh/config that names the bed's server, and the host keys that this user trusts."""
    server = testbed.servers[0]
    config = tmp_path / "config"
    config.write_text(ALIASES.format(host=server.host, port=server.ssh_port, key=testbed.key))
    monkeypatch.setattr(ssh_config, "CONFIG", config)
    line = server.known_hosts_line()
    file = tmp_path / "known_hosts"
    key = line.partition(" ")[2]
    file.write_text(f"{line}\n127.0.0.1 {key}\nlocalhost {key}\n")
    return file


@pytest.mark.parametrize("name", ["prod", "inner", "innermost"])
def test_an_alias_works_where_ssh_works(name: str, known_hosts: Path) -> None:
    host = Host.model_validate({"address": name, "known_hosts": known_hosts})
    connection = Connection(host)
    try:
        assert connection.run(script("echo there"), timeout=30).stdout == "there\n"
    finally:
        connection.close()
    assert shows(host, trusted(host))


def test_a_jump_host_whose_key_is_unknown_is_refused(known_hosts: Path) -> None:
    known_hosts.write_text("")
    with pytest.raises(Unreachable, match=r"the host key of root@127.0.0.1:\d+ is not in .*known_hosts"):
        offered_keys(Host.model_validate({"address": "inner", "known_hosts": known_hosts}))


def test_jump_hosts_that_lead_to_each_other_are_named(known_hosts: Path) -> None:
    with pytest.raises(
        Unreachable, match=r"the jump hosts in ~/.ssh/config lead to each other on the way to root@loop:22"
    ):
        Connection(Host.model_validate({"address": "loop", "known_hosts": known_hosts})).open()


@pytest.fixture
def in_context(testbed: TestBed) -> Iterator[Connection]:
    """The server, whose Engine is found by the user's context alone, as a rootless one is."""
    host = Host.model_validate(
        {
            "address": testbed.servers[0].host,
            "port": testbed.servers[0].ssh_port,
            "key": testbed.key,
            "known_hosts": testbed.known_hosts,
        }
    )
    connection = Connection(host)
    there = "mkdir -p /run/user/0 && mv /var/run/docker.sock /run/user/0/ && docker context create rootless --docker host=unix://"
    back = (
        "mv /run/user/0/docker.sock /var/run/docker.sock; docker context rm --force rootless; rm ~/.docker/config.json"
    )
    try:
        begun = connection.run(script(f"{there}/run/user/0/docker.sock && docker context use rootless"), timeout=30)
        assert begun.ok, begun.stderr
        yield connection
    finally:
        connection.run(script(back), timeout=30)
        connection.close()


def test_images_are_pulled_by_the_engine_of_the_users_context(in_context: Connection, testbed: TestBed) -> None:
    reference = f"{testbed.registry.address}/test/nothing@sha256:{'0' * 64}"
    pulled = in_context.run(pull(reference, Secret("{}")), timeout=60)
    assert "Cannot connect to the Docker daemon" not in pulled.stderr
    assert not pulled.ok and ("no basic auth credentials" in pulled.stderr or "unauthorized" in pulled.stderr.lower())
