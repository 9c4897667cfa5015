"""A registry of the bed: user and password made for this bed, images can be deleted, published on the loopback address."""

import os
import secrets
import tempfile
from pathlib import Path

import bcrypt
import requests
import yaml

from tests.testbed import docker
from tests.testbed.container import LOOPBACK, Container, free_port, wait_until
from tests.testbed.images import REGISTRY

INSIDE_PORT = 5000
ADDRESS_LABEL = "shipline.registry"
"""By this label of its container a dead bed's registry is still known when its images are removed."""
CONFIGURATION = {
    "version": 0.1,
    "log": {"level": "warn"},
    "storage": {"filesystem": {"rootdirectory": "/var/lib/registry"}, "delete": {"enabled": True}},
    "http": {"addr": f":{INSIDE_PORT}"},
    "auth": {"htpasswd": {"realm": "shipline", "path": "/etc/docker/registry/htpasswd"}},
}


class Registry(Container):
    """The registry; `address` (host:port) is its name here and on every server of the bed, its port never changes."""

    def __init__(self, bed: str) -> None:
        super().__init__(bed, "registry")
        self.port = free_port()
        self.user = "shipline"
        self.password = secrets.token_urlsafe(18)

    @property
    def address(self) -> str:
        """The first part of every image reference; a loopback address needs no certificate (Docker's own rule)."""
        return f"{LOOPBACK}:{self.port}"

    def up(self) -> None:
        """Create and start it, and return when it asks for the password; BedError when it does not."""
        labels = ["--label", f"{ADDRESS_LABEL}={self.address}"]
        self.create(REGISTRY.name, *labels, "--publish", f"{self.address}:{INSIDE_PORT}")
        with tempfile.TemporaryDirectory() as folder:
            hashed = bcrypt.hashpw(self.password.encode(), bcrypt.gensalt(rounds=5)).decode()
            Path(folder, "htpasswd").write_text(f"{self.user}:{hashed}\n")
            Path(folder, "config.yml").write_text(yaml.safe_dump(CONFIGURATION))
            docker.docker("cp", f"{folder}/.", f"{self.name}:/etc/docker/registry")
        self.start()

    def login(self, folder: Path) -> tuple[str, ...]:
        """Log a docker client in whose settings lie in `folder`; returns the options that make `docker` use them.

        Plugins of the user's own settings are plugins there, too.
        """
        plugins = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
        if plugins.is_dir() and not (folder / "cli-plugins").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cli-plugins").symlink_to(plugins.resolve())
        options = ("--config", str(folder))
        words = ["login", "--username", self.user, "--password-stdin", self.address]
        docker.docker(*options, *words, input=self.password)
        return options

    def start(self) -> None:
        """Start it and return when it answers."""
        super().start()
        wait_until(self.answers, f"The registry {self.name} does not answer at {self.address}", 30)

    def answers(self) -> bool:
        """True when it answers, with or without a password."""
        try:
            return requests.get(f"http://{self.address}/v2/", timeout=5).status_code in (200, 401)
        except requests.RequestException:
            return False
