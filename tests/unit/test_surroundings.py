"""What a server has beside an environment's own containers, from what `docker ps` and the kernel print."""

import socket
import subprocess
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.route import Route
from pipeline_defs.server.compose.compose_model import Port
from pipeline_defs.server.compose.surroundings import LOOK, Holder, read_surroundings
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.health.listening_ports import asked_port
from tests.unit.sample import example


def test_published_ports_are_read_as_docker_ps_prints_them() -> None:
    said = [
        "# container a|shop|web|0.0.0.0:8080->80/tcp, :::8080->80/tcp, 443/tcp",
        "# container b,c/b|||[::1]:53->53/udp, 127.0.0.1:90-92->90-92/tcp",
        "# container stopped|shop|db|",
        "services: {}",
    ]
    found = read_surroundings(said)
    assert found.containers == {"a": "shop", "b": "", "stopped": "shop"}
    assert found.ports["8080/tcp"] == (Holder("a", "shop", "web"), Holder("a", "shop", "web"))
    assert found.ports["53/udp"] == (Holder("b", address="::1"),)
    assert [found.ports[f"{n}/tcp"] for n in (90, 91, 92)] == [(Holder("b", address="127.0.0.1"),)] * 3
    assert "443/tcp" not in found.ports


def listens(address: str, number: int) -> str:
    """A line as the look prints it on a little-endian machine."""
    packed = ip_address(address).packed
    words = [packed[start : start + 4][::-1].hex().upper() for start in range(0, len(packed), 4)]
    return f"# listens {''.join(words)}:{number:04X}"


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_is_read_back_from_the_kernel_s_list(address: object, number: int) -> None:
    [told] = read_surroundings([listens(str(address), number)]).listening[number]
    assert told == ("" if str(address) in ("0.0.0.0", "::") else str(ip_address(str(address))))


@pytest.mark.parametrize(
    ("listening", "wanted", "taken"),
    [
        ("0.0.0.0", "", True),
        ("127.0.0.1", "", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "10.0.0.1", False),
        ("::", "10.0.0.1", True),
    ],
)
def test_a_port_is_taken_where_the_addresses_meet(listening: str, wanted: str, taken: bool) -> None:
    found = read_surroundings([listens(listening, 8080)])
    assert found.taken(Port("80", "8080", address=wanted), 8080) is taken
    assert not found.taken(Port("80", "8080", "udp"), 8080)
    held = read_surroundings([listens(listening, 8080), "# container a|||0.0.0.0:8080->80/tcp"])
    assert not held.taken(Port("80", "8080", address=wanted), 8080)


def test_the_kernel_s_own_list_is_read() -> None:
    kernel = LOOK[LOOK.index("cat /proc/net/tcp") :]
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        said = subprocess.run(["sh", "-euc", kernel], capture_output=True, text=True, check=True).stdout
    assert "127.0.0.1" in read_surroundings(said.splitlines()).listening[number]


def test_a_port_is_asked_for_where_the_app_s_file_says_that_there_is_one() -> None:
    config = example().environments["production"]
    assert asked_port(Site("shop", "production", config)) == "8000"
    bare = {name: value for name, value in config if name in config.model_fields_set - {"port", "e2e"}}
    silent = type(config).model_construct(**bare)
    assert asked_port(Site("shop", "production", silent)) == ""
    assert asked_port(Site("shop", "production", silent.model_copy(update={"route": Route(), "port": 9000}))) == "9000"
