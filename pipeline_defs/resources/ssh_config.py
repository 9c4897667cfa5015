"""SSH configuration: what ~/.ssh/config says of a machine, as `ssh` itself reads it.

What the app's file says itself comes first. Source of the keywords: ssh_config(5).
"""

from dataclasses import dataclass
from pathlib import Path

import paramiko
from pydantic import ValidationError

from pipeline_defs.config.machine import Machine
from pipeline_defs.server.core.command import Unreachable

CONFIG = Path("~/.ssh/config")
_MOST_JUMPS = 8


@dataclass(frozen=True)
class Route:
    """How a machine is reached.

    Attributes:
        machine: with the address, port and user that are used.
        name: how known_hosts calls it.
        keys: private key files to try beside the SSH agent, where the app's file names none.
        jumps: machines to go through (`ProxyJump`), the first one first.
        command: a program whose standard input and output are the connection (`ProxyCommand`), or empty.
    """

    machine: Machine
    name: str
    keys: tuple[str, ...] = ()
    jumps: tuple[Machine, ...] = ()
    command: str = ""


def route_to(machine: Machine) -> Route:
    """The route to a machine that the app's file names by its address or by an alias. Raises Unreachable for a file that cannot be read."""
    file = CONFIG.expanduser()
    if not file.exists():
        return Route(machine, known_as(machine.address, machine.port))
    given = machine.model_fields_set
    # The first value that is found counts, so what the app's file says stands before the rest.
    first = [f"Port {machine.port}"] if "port" in given else []
    first += [f"User {machine.user}"] if "user" in given and machine.user.isprintable() else []
    try:
        text = "\n".join(["Host *", *first, file.read_text(errors="replace")])
        said = paramiko.SSHConfig.from_text(text).lookup(machine.address)
    except (paramiko.SSHException, OSError, ValueError) as error:
        raise Unreachable(f"{file} cannot be read ({error}); mend it, or name the server by its address") from None
    changes: dict[str, object] = {"address": said.get("hostname", machine.address)}
    changes |= {"port": int(said["port"])} if "port" in said else {}
    changes |= {"user": said["user"]} if "user" in said else {}
    found = machine.model_copy(update=changes)
    keys = tuple(path for path in map(str, said.get("identityfile", ())) if Path(path).expanduser().exists())
    command = "" if said.get("proxycommand", "none").lower() == "none" else said["proxycommand"]
    name = known_as(said.get("hostkeyalias", found.address), found.port)
    return Route(
        found, name, keys if machine.key is None else (), _jumps(machine, said.get("proxyjump", "none")), command
    )


def known_as(address: str, port: int) -> str:
    """How known_hosts names an address: with its port, unless that is the usual one."""
    return address if port == 22 else f"[{address}]:{port}"


def _jumps(machine: Machine, text: str) -> tuple[Machine, ...]:
    if text.lower() == "none":
        return ()
    words = text.split(",")
    if len(words) > _MOST_JUMPS:
        raise Unreachable(f"{CONFIG} names {len(words)} jump hosts for {machine.address}; {_MOST_JUMPS} are the most")
    try:
        return tuple(_jump(word.strip().removeprefix("ssh://"), machine) for word in words)
    except ValidationError:
        raise Unreachable(
            f"{CONFIG} names the jump host {text!r} for {machine.address}; write user@address:port"
        ) from None


def _jump(text: str, machine: Machine) -> Machine:
    given = Machine.model_validate(text)
    return Machine.model_validate({**given.model_dump(exclude_unset=True), "known_hosts": machine.known_hosts})
