"""Surroundings: what a server has beside an environment's own containers, as far as a compose file may need it or collide with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from pipeline_defs.server.compose.compose_model import Port

LOOK = """
docker ps -a --format '# container {{.Names}}|{{.Label "com.docker.compose.project"}}|{{
  .Label "com.docker.compose.service"}}|{{.Ports}}'
docker exec shipline-router ls /router/hosts 2>/dev/null | sed 's/^/# routed /'
docker volume ls --format '# volume {{.Name}}'
docker network ls --format '# network {{.Name}}'
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { print "# listens " $2 }'
"""
"""A shell program that prints the surroundings, as lines that are comments in YAML."""


@dataclass(frozen=True)
class Holder:
    """A container that publishes a port: its name, its compose project and service, and the address, empty for all."""

    container: str
    project: str = ""
    service: str = ""
    address: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a server has.

    Attributes:
        containers: the compose project of each container, running or not, by its name.
        ports: who publishes a port, by `8080/tcp`.
        listening: the addresses, empty for all, at which programs of the server listen on a TCP port.
        volumes, networks: names.
        routed: the compose projects that are reached through the server's router.
    """

    containers: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, tuple[Holder, ...]] = field(default_factory=dict)
    listening: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    volumes: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    routed: frozenset[str] = frozenset()

    def holders(self, port: Port, number: int) -> list[Holder]:
        """The containers that keep a service from publishing a port."""
        found = self.ports.get(f"{number}/{port.protocol}", ())
        return [each for each in found if _meet(each.address, port.address)]

    def taken(self, port: Port, number: int) -> bool:
        """Whether a program that is no container listens there. Docker's own proxies listen for containers that publish."""
        if port.protocol != "tcp" or self.ports.get(f"{number}/tcp"):
            return False
        return any(_meet(address, port.address) for address in self.listening.get(number, ()))


def read_surroundings(lines: Iterable[str]) -> Surroundings:
    """From the lines of a look that begin with `# `; others are passed over."""
    said: dict[str, list[str]] = {}
    for line in lines:
        kind, _, rest = line.removeprefix("# ").partition(" ")
        if line.startswith("# "):
            said.setdefault(kind, []).append(rest)
    containers: dict[str, str] = {}
    ports: dict[str, tuple[Holder, ...]] = {}
    for each in said.get("container", []):
        names, project, service, published = [*each.split("|", 3), "", "", ""][:4]
        name = names.partition(",")[0]
        containers[name] = project
        for port, address in published_ports(published):
            ports[port] = (*ports.get(port, ()), Holder(name, project, service, address))
    listening: dict[int, tuple[str, ...]] = {}
    for each in said.get("listens", []):
        address, _, number = each.partition(":")
        listening[int(number, 16)] = (*listening.get(int(number, 16), ()), _address(address))
    volumes, networks, routed = (frozenset(said.get(kind, [])) for kind in ("volume", "network", "routed"))
    return Surroundings(containers, ports, listening, volumes, networks, routed)


def published_ports(text: str) -> Iterator[tuple[str, str]]:
    """Ports, such as `8080/tcp`, and addresses, empty for all, of `0.0.0.0:8080->80/tcp, :::90-92->90-92/tcp, 443/tcp`.

    `docker ps` prints them so.
    """
    for each in text.split(", "):
        outside, arrow, inside = each.partition("->")
        if not arrow:
            continue
        address, _, numbers = outside.rpartition(":")
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{number}/{inside.partition('/')[2] or 'tcp'}", _plain(address.strip("[]"))


def _address(hexadecimal: str) -> str:
    """An address of /proc/net/tcp, whose words of four bytes are written as a little-endian machine has them."""
    words = [bytes.fromhex(hexadecimal[start : start + 8])[::-1] for start in range(0, len(hexadecimal), 8)]
    return _plain(str(ip_address(b"".join(words))))


def _plain(address: str) -> str:
    return "" if address in ("0.0.0.0", "::", "") else address


def _meet(one: str, other: str) -> bool:
    one, other = _plain(one), _plain(other)
    return not one or not other or one == other
