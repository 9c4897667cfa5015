"""A second machine for a service's runs: a server of the bed, on whose own Engine a worker runs and nothing else of the service."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_defs.config.secret_fingerprint import KEY
from tests.support.service import RunningService
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID, state
from tests.testbed.server import Server

NAME = "other"


@dataclass
class SecondMachine:
    """The machine, with what its user does. Its folder has the same path as the service's own."""

    service: RunningService
    server: Server

    def copy(self, *parts: str) -> None:
        """Bring parts of the service's folder here, with their owners."""
        folder = str(self.service.folder)
        packed = ["tar", "-C", folder, "-c", *parts]
        with subprocess.Popen(packed, stdout=subprocess.PIPE) as tar:
            docker.docker("exec", "-i", self.server.name, "tar", "-C", folder, "-x", stdin=tar.stdout)
        assert tar.returncode == 0

    def compose(self, *words: str) -> str:
        """What Compose says there, of the worker."""
        return self.server.exec("docker", "compose", "--file", f"{self.service.folder}/worker.yaml", *words)

    def containers_of(self, run: str) -> list[dict[str, Any]]:
        """What `docker inspect` says there of the run's containers."""
        listed = self.server.exec("docker", "ps", "--all", "--quiet", "--filter", f"label=dagster/run_id={run}").split()
        return [self.server.inspect(each) for each in listed]


def address(bed: TestBed) -> str:
    """The address of this machine in the network of the bed, which nothing else reaches."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    return docker.docker("network", "inspect", "--format", form, bed.registry.network)


@contextlib.contextmanager
def second_machine(service: RunningService, **settings: str) -> Iterator[SecondMachine]:
    """A machine inside the block whose worker has joined the service."""
    with service.bed.extra_server(NAME) as server:
        server.load(f"shipline-{ID}", f"shipline-engine-{ID}")
        machine = SecondMachine(service, server)
        server.exec("mkdir", "-p", f"{service.folder}/redis")
        machine.copy(
            "home/apps", f"home/{KEY}", "home/blog", "home/port_forward.py", "secrets", "own/pgpass", "own/queue"
        )
        server.exec("chown", "--reference", f"{service.folder}/home/apps", f"{service.folder}/home")
        # The Engine's socket belongs there to another group than here, where Compose's file is made.
        server.exec("chgrp", str(Path("/var/run/docker.sock").stat().st_gid), "/var/run/docker.sock")
        server.exec("sh", "-c", f"cat >{service.folder}/worker.yaml", input=_composed(service, settings))
        machine.compose("up", "--detach", "--wait", "worker", "keeper")
        yield machine


def _composed(service: RunningService, settings: dict[str, str]) -> str:
    """What `scripts/service` gives to Compose on that machine, as one file."""
    folder = state("second-machine")
    lines = {"SHIPLINE_SERVICE": str(service.folder), "SHIPLINE_MAIN": address(service.bed), "SHIPLINE_WORKER": NAME}
    own = (service.folder / "settings").read_text().replace("SHIPLINE_WORKERS=", "#")
    (folder / "settings").write_text(own + "".join(f"{name}={value}\n" for name, value in (lines | settings).items()))
    elsewhere = RunningService(folder, service.port, service.bed, service.project)
    return json.dumps(json.loads(elsewhere.words("config", "--format", "json")))
