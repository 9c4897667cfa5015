"""Compose model: what a merged compose file says, as `docker compose config` prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

COMPLETED = "service_completed_successfully"
"""The condition of a `depends_on` that waits for a service to end with status 0."""


@dataclass(frozen=True)
class Port:
    """A port of a service. Numbers are texts, and may be a range such as `7000-7005`.

    Attributes:
        target: the container's port; published: the host's, empty where the Engine chooses one.
        protocol: `tcp` or `udp`; address: the host's address that it is bound to, empty for all.
    """

    target: str
    published: str = ""
    protocol: str = "tcp"
    address: str = ""

    def numbers(self) -> range:
        """The host's ports; none where the Engine chooses one."""
        first, _, last = self.published.partition("-")
        return range(int(first), int(last or first) + 1) if first.isdigit() else range(0)


@dataclass(frozen=True)
class Mount:
    """Something that a service mounts.

    Attributes:
        kind: `volume`, `bind`, `tmpfs` or another of Compose's types.
        source: a volume's key, a folder of the host, or empty for an anonymous volume; target: the path in the container.
        subpath: the folder of the volume that is mounted, empty for all of it.
    """

    kind: str
    source: str
    target: str
    read_only: bool = False
    subpath: str = ""


@dataclass(frozen=True)
class Build:
    """What an image would be built from: the context's folder, the Dockerfile in it, and the stage."""

    context: str
    dockerfile: str = "Dockerfile"
    target: str = ""


@dataclass(frozen=True)
class Attachment:
    """How a service is attached to a network: fixed addresses are empty where the Engine gives one."""

    ipv4_address: str = ""
    ipv6_address: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvFile:
    """A file of variables, where it is listed: what Compose has rendered has the variables themselves in `environment`."""

    path: str
    required: bool = True


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        environment: its variables; None for one that is passed on from outside and that nothing sets there.
        depends_on: the condition by the name of the service that it depends on.
        networks: how it is attached, by the network's key.
        restart: the policy as it is written; empty where none is.
        healthcheck: whether the file gives one; None where it leaves that to the image, False where it is disabled.
        replicas: how many containers there shall be.
        keys: everything that the file says of it, for keys that have no attribute here.
    """

    name: str
    image: str = ""
    build: Build | None = None
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    env_files: tuple[EnvFile, ...] = ()
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    depends_on: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, Attachment] = field(default_factory=dict)
    network_mode: str = ""
    container_name: str = ""
    hostname: str = ""
    replicas: int = 1
    profiles: tuple[str, ...] = ()
    restart: str = ""
    pull_policy: str = ""
    healthcheck: bool | None = None
    keys: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def repository(self) -> str:
        """Its image's name without tag and digest."""
        name = self.image.partition("@")[0]
        folder, slash, last = name.rpartition("/")
        return f"{folder}{slash}{last.partition(':')[0]}"


@dataclass(frozen=True)
class Volume:
    """A volume: its name on the Engine, and the folder of the host that it stands for, empty where it is none."""

    key: str
    name: str
    external: bool = False
    device: str = ""


@dataclass(frozen=True)
class Network:
    """A network: its name on the Engine."""

    key: str
    name: str
    external: bool = False


@dataclass(frozen=True)
class ComposeModel:
    """A merged compose file. `configs` and `secrets` are what it says of each, by its name."""

    services: Mapping[str, Service]
    volumes: Mapping[str, Volume]
    networks: Mapping[str, Network]
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def volume_at(self, service: str, target: str) -> Mount | None:
        """What a service has mounted at a path, or around it: the innermost mount."""
        inside = PurePosixPath(target)
        around = [each for each in self.services[service].mounts if inside.is_relative_to(each.target or "/")]
        return max(around, key=lambda each: len(PurePosixPath(each.target).parts), default=None)
