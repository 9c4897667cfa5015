"""A machine that ~/.ssh/config names is reached as `ssh` reaches it; what the app's file says comes first."""

from pathlib import Path

import pytest

from pipeline_defs.config.machine import Machine
from pipeline_defs.resources import ssh_config
from pipeline_defs.resources.ssh_config import route_to
from pipeline_defs.server.core.command import Unreachable

CONFIG = """
Host prod
  HostName 10.0.0.5
  User deploy
  Port 2222
  IdentityFile {key}
  ProxyJump me@bastion.example.org:2200,inner

Host plain
  HostName plain.example.org
  ProxyJump none
  HostKeyAlias the-plain-one

Host piped
  ProxyCommand nc -X connect %h %p
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's ~/.ssh/config of this test."""
    (tmp_path / "key").touch()
    file = tmp_path / "config"
    file.write_text(CONFIG.format(key=tmp_path / "key"))
    monkeypatch.setattr(ssh_config, "CONFIG", file)
    return file


def test_an_alias_gives_address_user_port_key_and_jump_hosts(tmp_path: Path) -> None:
    route = route_to(Machine.model_validate("prod"))
    assert (str(route.machine), route.name) == ("deploy@10.0.0.5:2222", "[10.0.0.5]:2222")
    assert route.keys == (str(tmp_path / "key"),)
    assert [str(jump) for jump in route.jumps] == ["me@bastion.example.org:2200", "root@inner:22"]
    assert route.jumps[1].model_fields_set == {"address", "known_hosts"}  # so that the file may say more of it


def test_what_the_apps_file_says_comes_first(tmp_path: Path) -> None:
    given = Machine.model_validate({"address": "prod", "user": "ada", "port": 22, "key": tmp_path / "own"})
    route = route_to(given)
    assert (str(route.machine), route.name, route.keys) == ("ada@10.0.0.5:22", "10.0.0.5", ())


def test_an_alias_for_the_host_key_and_no_jump_host() -> None:
    route = route_to(Machine.model_validate("plain"))
    assert (route.machine.address, route.name, route.jumps) == ("plain.example.org", "the-plain-one", ())


def test_a_proxy_command_is_used_with_its_words_filled_in() -> None:
    assert route_to(Machine.model_validate("ada@piped:2222")).command == "nc -X connect piped 2222"


def test_a_machine_that_the_file_does_not_name_is_as_it_was(file: Path) -> None:
    machine = Machine.model_validate("ada@shop.example.org:2222")
    assert route_to(machine).machine == machine
    file.unlink()
    assert route_to(machine).machine == machine


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    file.write_text("Host a\nnonsense\n")
    with pytest.raises(Unreachable, match=r"config cannot be read \(.*\); mend it, or name the server by its address"):
        route_to(Machine.model_validate("a"))
