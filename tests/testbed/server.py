"""A server of the bed: a container that is a host of its own, with an Engine, Compose, and SSH as the only way in."""

import functools
import json
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL, BedError
from tests.testbed.container import LOOPBACK, Container, free_port, wait_until
from tests.testbed.images import SERVER

PRODUCTION, STAGING = 8080, 8081
"""The ports on which the sample app's environments answer on the server."""
HOME = "/opt/shipline"
"""Where Shipline keeps its files on a server."""
PLENTY = 12 * 2**30
"""Bytes of available memory from which on servers may keep their Engine's storage there."""
_IN_MEMORY = "type=volume,dst={},volume-driver=local,volume-opt=type=tmpfs,volume-opt=device=tmpfs"
_WRITTEN_MUCH = ("/var/lib/docker", "/opt")
"""Where the Engine and Shipline keep their files; Shipline waits for the disk after each line of its journal."""
CONFINED = [
    *["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"],
    *["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
]
"""For machines that lack CAP_SYS_RESOURCE and so cannot start a privileged container."""


class Server(Container):
    """A server; `host` and `ssh_port` are how it is reached from here, `ports` maps its own ports to published ones."""

    def __init__(
        self, bed: str, role: str, registry_port: int, home_size: str | None = None, in_memory: bool = False
    ) -> None:
        """`home_size` ("64m") puts /opt/shipline on a file system that small, so that a test can fill it.

        `in_memory`: what its Engine and Shipline store is in memory, where this machine has plenty; it is gone when the server
        is stopped, unless that is done within `stored`.
        """
        super().__init__(bed, role)
        self.host = LOOPBACK
        self.ssh_port = free_port()
        self.ports = {inside: free_port() for inside in (PRODUCTION, STAGING)}
        self._registry_port = registry_port
        self._home_size = home_size
        self._in_memory = in_memory
        self._loaded: set[str] = set()

    def url(self, port: int) -> str:
        """Address, seen from here, of what listens on that port of the server."""
        return f"http://{self.host}:{self.ports[port]}"

    def up(self, public_key: str, images: tuple[str, ...] = ()) -> None:
        """Create and start it, let the key's owner in as root, and load images of this machine's Engine into its own."""
        published = {22: self.ssh_port} | self.ports
        options = ["--env", f"REGISTRY_PORT={self._registry_port}"]
        for inside, outside in published.items():
            options += ["--publish", f"{self.host}:{outside}:{inside}"]
        if self._home_size:
            options += ["--tmpfs", f"{HOME}:rw,exec,mode=755,size={self._home_size}"]
        if self._in_memory and _memory_available() >= PLENTY:
            options += [word for path in _WRITTEN_MUCH for word in ("--mount", _IN_MEMORY.format(path))]
        self.create(SERVER.name, *options, *_privileges())
        self.start()
        self.exec("sh", "-c", "umask 077 && cat >/root/.ssh/authorized_keys", input=public_key)
        if images:
            self.load(*images)

    def start(self) -> None:
        """Start it and return when its Engine answers and SSH lets in."""
        super().start()
        wait_until(self._ready, f"The server {self.name} is not ready", 60)

    @contextmanager
    def stored(self) -> Iterator[None]:
        """For the length of the block it keeps what it stores when it is killed, as another container has its volumes too."""
        holder, volumes = f"{self.name}-holder", ["--volumes-from", self.name, "--entrypoint", "sleep"]
        docker.docker(
            "run", "--detach", "--rm", "--name", holder, "--label", CHECKOUT_LABEL, *volumes, SERVER.name, "inf"
        )
        try:
            yield
        finally:
            docker.docker("rm", "--force", holder)

    def _ready(self) -> bool:
        if not self.running():
            raise BedError(f"The server {self.name} ended while it started: {self.logs()}")
        return docker.succeeds("exec", self.name, "sh", "-c", "docker version && pgrep -x sshd") and self.answers_ssh()

    def answers_ssh(self) -> bool:
        """True when an SSH server greets on the published port."""
        try:
            with socket.create_connection((self.host, self.ssh_port), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def shut_out(self) -> None:
        """Hang up on whoever is logged in, and let nobody in; what runs there goes on."""
        self.exec("pkill", "-KILL", "sshd")  # those of its sessions, too, whatever they are called
        wait_until(lambda: not self.answers_ssh(), f"{self.name} still lets people in", 30)

    def let_in(self) -> None:
        """Let people in again."""
        self.exec("sh", "-c", "/usr/sbin/sshd -o PerSourcePenaltyExemptList=127.0.0.1 2>/dev/null || /usr/sbin/sshd")
        wait_until(self.answers_ssh, f"{self.name} lets nobody in", 30)

    def known_hosts_line(self) -> str:
        """The server's host key as ssh's known_hosts file has it: read inside the container, so nobody can be in between."""
        kind, key, *_ = self.exec("cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
        return f"[{self.host}]:{self.ssh_port} {kind} {key}"

    def renew_host_key(self) -> None:
        """Give the server another host key, as an exchanged machine (or a man in the middle) would have."""
        self.exec(
            "sh",
            "-c",
            "rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key",
        )
        self.exec("pkill", "-HUP", "-o", "-x", "sshd")
        # Its own looks are no log-ins, which newer servers shut an address out for: PerSourcePenaltyExemptList names this one.
        key = self.known_hosts_line().split()[-1]
        scan = ["ssh-keyscan", "-t", "ed25519", "127.0.0.1"]
        wait_until(lambda: key in self.exec(*scan, check=False), f"{self.name} does not show its new host key", 30)

    def load(self, *images: str) -> None:
        """Copy images from this machine's Engine into the server's own, under the same names, unless that was done before."""
        missing = [each for each in images if each not in self._loaded or not self._has(each)]
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._load, missing))
        self._loaded.update(missing)

    def _has(self, image: str) -> bool:
        return docker.succeeds("exec", self.name, "docker", "image", "inspect", image)

    def _load(self, image: str) -> None:
        """By `docker cp`, which takes a stream three times as fast as the standard input of `docker exec`."""
        folder = self.exec("mktemp", "-d", "-p", "/var/lib/docker")
        with subprocess.Popen(
            [docker.client(), "save", image], stdout=subprocess.PIPE, env=docker.environment()
        ) as save:
            docker.docker("cp", "-", f"{self.name}:{folder}", stdin=save.stdout)
        if save.returncode:
            raise BedError(f"`docker save {image}` ended with status {save.returncode}.")
        self.exec("sh", "-c", 'tar -C "$1" -c . | docker load --quiet && rm -r "$1"', "load", folder)

    def inspect(self, name: str) -> dict[str, Any]:
        """What `docker inspect` on the server says of a container, image, network or volume there."""
        facts: dict[str, Any] = json.loads(self.exec("docker", "inspect", name))[0]
        return facts

    def ssh(self, key: Path, known_hosts: Path) -> list[str]:
        """The words of an ssh call to this server that trusts only the known host key; append the remote command."""
        options = [f"UserKnownHostsFile={known_hosts}", "StrictHostKeyChecking=yes", "BatchMode=yes", "LogLevel=ERROR"]
        words = [word for option in options for word in ("-o", option)]
        return ["ssh", "-F", "none", "-i", str(key), *words, "-p", str(self.ssh_port), f"root@{self.host}"]


@functools.cache
def _privileges() -> tuple[str, ...]:
    """The options under which this machine lets a container be a host: privileged where it can."""
    if docker.succeeds("run", "--rm", "--privileged", "--network", "none", SERVER.name, "true"):
        return ("--privileged",)
    return tuple(CONFINED)


def _memory_available() -> int:
    """How many bytes of memory new programs can have on this machine."""
    [line] = [each for each in Path("/proc/meminfo").read_text().splitlines() if each.startswith("MemAvailable:")]
    return int(line.split()[1]) * 1024
