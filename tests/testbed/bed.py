"""A bed: one network, one registry and servers, up before the first test and gone after the last, whatever happens."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from tests.testbed import compose, docker, engine, images
from tests.testbed.checkout import CHECKOUT_LABEL, STATE, BedError, state
from tests.testbed.container import bed_label
from tests.testbed.progress import Progress
from tests.testbed.registry import ADDRESS_LABEL, Registry
from tests.testbed.server import PRODUCTION, STAGING, Server

PRELOADED = (images.POSTGRES.name, images.NEWMAN.name)
"""What the sample app needs on a server beside its own image."""


class TestBed:
    """The bed of one name. As a context manager it is up inside the block; a second owner of the name is refused.

    After kill -9 the next bed of that name in this checkout first removes what the dead one left.
    """

    __test__ = False  # pytest collects classes called Test…

    def __init__(
        self,
        name: str,
        servers: int = 1,
        preload: tuple[str, ...] = PRELOADED,
        progress: Progress | None = None,
        in_memory: bool = False,
    ) -> None:
        """`preload` names the images that its servers have without asking a registry; `in_memory` as for Server."""
        self.name = name
        self.folder = STATE / "beds" / name
        self.key = self.folder / "key"
        self.known_hosts = self.folder / "known_hosts"
        self.registry = Registry(name)
        self.servers: list[Server] = []
        self._wanted = servers
        self._compose: list[str] = []
        self._progress = progress or Progress()
        self._preload = preload
        self._in_memory = in_memory
        self._owner = _owner_lock(name)

    def __enter__(self) -> "TestBed":
        try:
            self._owner.acquire()
        except Timeout:
            raise BedError(f"The test bed {self.name!r} is in use by another process: end that one first.") from None
        try:
            self.up()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._owner.release()
        Path(self._owner.lock_file).unlink(missing_ok=True)

    def up(self) -> None:
        """Provide Engine and images, remove leftovers, start registry and servers; BedError when any of it fails."""
        engine.ensure(self._progress)
        images.ensure(self._progress)
        self._compose = compose.command(self._progress)
        remove_leftovers(self.name)
        state("beds", self.name)
        with self._progress.step("network and keys"):
            labels = ["--label", CHECKOUT_LABEL, "--label", bed_label(self.name)]
            docker.docker("network", "create", *labels, self.registry.network)
            keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "shipline", "-f", str(self.key)]
            subprocess.run(keygen, check=True, stdin=subprocess.DEVNULL)
        roles = [f"server{number}" for number in range(1, self._wanted + 1)]
        with ThreadPoolExecutor() as pool:
            registry = pool.submit(self._up_registry)
            self.servers = list(pool.map(self._up_server, roles))
            registry.result()
        self.trust_servers()
        self._write_environment()

    def down(self) -> None:
        """Remove everything of this bed."""
        with self._progress.step(f"remove test bed {self.name}"):
            remove_leftovers(self.name)

    def _up_registry(self) -> None:
        with self._progress.step("start registry"):
            self.registry.up()

    def _up_server(self, role: str) -> Server:
        server = Server(self.name, role, self.registry.port, in_memory=self._in_memory)
        with self._progress.step(f"start {role}"):
            server.up(self.key.with_suffix(".pub").read_text(), self._preload)
        return server

    @contextlib.contextmanager
    def extra_server(self, role: str, home_size: str | None = None, in_memory: bool | None = None) -> Iterator[Server]:
        """One more server inside the block, trusted like the others, with nothing preloaded; `home_size`, `in_memory` as for Server.

        For tests that need several servers or that spoil the one they use. Raises BedError where the bed has one of that role.
        """
        if role in (each.role for each in self.servers):
            raise BedError(f"bed {self.name} has a server {role} already; give the other one another role")
        server = Server(
            self.name, role, self.registry.port, home_size, self._in_memory if in_memory is None else in_memory
        )
        try:
            server.up(self.key.with_suffix(".pub").read_text())
            self.servers.append(server)
            self.trust_servers()
            yield server
        finally:
            self.servers = [one for one in self.servers if one is not server]
            server.remove()
            self.trust_servers()

    def trust_servers(self) -> None:
        """Write the host keys of all servers into the bed's known_hosts file."""
        self.known_hosts.write_text("".join(f"{server.known_hosts_line()}\n" for server in self.servers))

    def environment(self) -> dict[str, str]:
        """The variables that the example app's configuration reads: where registry and first server are, and how to enter.

        With SHIPLINE_COMPOSE among them where this machine has no Compose of its own.
        """
        server = self.servers[0]
        fetched = {"SHIPLINE_COMPOSE": str(compose.BINARY)} if self._compose == [str(compose.BINARY)] else {}
        return fetched | {
            "SHOP_REGISTRY": self.registry.address,
            "SHOP_REGISTRY_USER": self.registry.user,
            "SHOP_REGISTRY_PASSWORD": self.registry.password,
            "SHOP_HOST": server.host,
            "SHOP_SSH_PORT": str(server.ssh_port),
            "SHOP_SSH_KEY": str(self.key),
            "SHOP_KNOWN_HOSTS": str(self.known_hosts),
            "SHOP_PRODUCTION_URL": server.url(PRODUCTION),
            "SHOP_STAGING_URL": server.url(STAGING),
        }

    def _write_environment(self) -> None:
        file = self.folder / "env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in self.environment().items()))


def remove_leftovers(bed: str) -> None:
    """Remove the containers (with volumes), networks, files and local image names of one bed of this checkout."""
    mine = ["--filter", f"label={CHECKOUT_LABEL}", "--filter", f"label={bed_label(bed)}"]
    for address in docker.docker("ps", "--all", "--format", f'{{{{.Label "{ADDRESS_LABEL}"}}}}', *mine).split():
        _forget_images(address)
    if containers := docker.docker("ps", "--all", "--quiet", *mine).split():
        docker.docker("rm", "--force", "--volumes", *containers, check=False)
    for network in docker.docker("network", "ls", "--quiet", *mine).split():
        docker.docker("network", "rm", network, check=False)
    shutil.rmtree(STATE / "beds" / bed, ignore_errors=True)


def _forget_images(registry: str) -> None:
    """Remove this Engine's images that came from or went to a registry which is about to be no more."""
    form = ["--format", "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"]
    for pattern in (f"{registry}/*", f"{registry}/*/*"):
        names = docker.docker("images", "--digests", "--filter", f"reference={pattern}", *form).split()
        if known := {name for name in names if "<none>" not in name}:
            docker.docker("rmi", *sorted(known), check=False)


def remove_orphans(prefix: str) -> None:
    """Remove all beds of this checkout whose name begins so and whose owner is dead (nobody holds its lock)."""
    form = ["--filter", f"label={CHECKOUT_LABEL}", "--format", '{{.Label "shipline.bed"}}']
    names = docker.docker("ps", "--all", *form).split() + docker.docker("network", "ls", *form).split()
    for name in sorted({name for name in names if name.startswith(prefix)}):
        with contextlib.suppress(Timeout), _owner_lock(name) as lock:
            remove_leftovers(name)
            Path(lock.lock_file).unlink(missing_ok=True)


def _owner_lock(bed: str) -> FileLock:
    """Held by a bed's owner as long as it lives; the system lets go of it when the owner is killed."""
    return FileLock(state("beds") / f"{bed}.lock", timeout=0)
