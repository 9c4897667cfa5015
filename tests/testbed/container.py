"""One container of a bed: its name, its labels, its life, and commands run inside it."""

import json
import random
import socket
from collections.abc import Callable
from typing import Any

from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL, ID, BedError
from tests.testbed.waiting import holds_within

LOOPBACK = "127.0.0.1"
"""Everything a bed publishes is published here: nothing of it is reachable from another machine."""
PORTS = range(20000, 32000)
"""Below the ports that systems hand out to outgoing connections, so a chosen port is still free after a restart."""


def free_port() -> int:
    """A port on the loopback address that nothing listens on."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise BedError(f"No free port between {PORTS.start} and {PORTS.stop} on {LOOPBACK}: end what listens there.")


def bed_label(bed: str) -> str:
    """The label on everything that belongs to the bed of that name."""
    return f"shipline.bed={bed}"


def wait_until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Return as soon as the condition holds; BedError beginning with `what` when it does not within that many seconds."""
    if not holds_within(seconds, condition):
        raise BedError(f"{what} within {seconds:.0f} s.")


class Container:
    """A container of the bed, created from an image with further `docker create` options."""

    def __init__(self, bed: str, role: str) -> None:
        self.bed = bed
        self.role = role
        self.name = f"shipline-{ID}-{bed}-{role}"

    @property
    def network(self) -> str:
        """Name of the network that all containers of the bed share."""
        return f"shipline-{ID}-{self.bed}"

    def create(self, image: str, *options: str) -> None:
        """Create the container, known on the bed's network by its role; `start` starts it."""
        labels = ["--label", CHECKOUT_LABEL, "--label", bed_label(self.bed)]
        network = ["--network", self.network, "--network-alias", self.role]
        docker.docker("create", "--name", self.name, "--hostname", self.role, *labels, *network, *options, image)

    def start(self) -> None:
        """Start it, for the first time or after `stop` or `kill`."""
        docker.docker("start", self.name)

    def stop(self) -> None:
        """Stop it in good order."""
        docker.docker("stop", "--time", "10", self.name)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        docker.docker("kill", self.name)

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        docker.docker("pause", self.name)

    def unpause(self) -> None:
        """Let a paused container go on."""
        docker.docker("unpause", self.name)

    def remove(self) -> None:
        """Remove it with its volumes; nothing happens when it is gone already."""
        docker.docker("rm", "--force", "--volumes", self.name, check=False)

    def exec(self, *command: str, input: str | None = None, check: bool = True) -> str:
        """Run a command inside and return what it printed; BedError when it fails and `check` is true."""
        options: dict[str, Any] = {"input": input} if input is not None else {}
        return docker.docker(
            "exec", *(["-i"] if input is not None else []), self.name, *command, check=check, **options
        )

    def running(self) -> bool:
        """True while the container runs."""
        return docker.docker("inspect", "--format", "{{.State.Running}}", self.name, check=False) == "true"

    def logs(self, lines: int = 5) -> str:
        """The last lines of its output, in one line."""
        return " | ".join(docker.docker("logs", "--tail", str(lines), self.name, check=False).splitlines())

    def facts(self) -> dict[str, Any]:
        """What `docker inspect` says of it."""
        facts: dict[str, Any] = json.loads(docker.docker("inspect", self.name))[0]
        return facts
