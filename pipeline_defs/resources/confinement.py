"""Confinement: a compose file as code may be run by it that nobody here vouches for."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_defs.resources.docker_client import EngineError

MEMORY = 2 * 2**30
"""Bytes, swap included, for each container."""
PROCESSES = 512
"""Processes and threads in each container."""
CPUS = 1.0
"""Processors' worth of time for each container."""

_Model = dict[str, Any]

# fmt: off
_SERVICE = {  # what a service may say; everything else is refused, known today or not
    "attach", "cap_drop", "command", "configs", "cpus", "depends_on", "entrypoint", "env_file", "environment", "expose",
    "healthcheck", "hostname", "image", "init", "labels", "logging", "mem_limit", "memswap_limit", "network_mode", "networks",
    "pids_limit", "platform", "profiles", "pull_policy", "read_only", "restart", "secrets", "shm_size", "stdin_open",
    "stop_grace_period", "stop_signal", "tmpfs", "tty", "ulimits", "user", "volumes", "working_dir",
}
_IN_A_NETWORK = {"aliases", "priority"}
_NETWORK = {"name", "driver", "internal", "labels"}
_VOLUME = {"name", "driver", "labels"}
_FILE = {"name", "file", "content"}
_DRIVERS = {"network": "bridge", "volume": "local"}
# Of what a container has by default (14 at Docker), what official images need to prepare their folders and to become their
# own user. Without NET_RAW nothing sends packets that were not routed, without MKNOD there are no device files.
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")
# fmt: on


@dataclass(frozen=True)
class Confinement:
    """What one confined test run may touch.

    Attributes:
        file: how messages call the compose file.
        checkout: the base branch's files, which it may read.
        results: the folder it may write to.
        project: the name of the compose project.
        image: the image that is tested; images: of several all.
    """

    file: str
    checkout: Path
    results: Path
    project: str
    image: str
    images: Collection[str] = ()

    def of(self, model: Mapping[str, Any]) -> _Model:
        """The merged file (`docker compose config`) with every service confined. Raises EngineError with all that is refused.

        The containers get a network without a way out: none to the internet, other networks, this machine, or name servers.
        """
        refused = [*self._refused(model)]
        if refused:
            raise EngineError(
                f"{self.file} cannot be run for code that is not merged, because of {', '.join(refused[:12])}"
            )
        sections = {name: model[name] for name in ("volumes", "secrets", "configs") if model.get(name)}
        return {
            "name": self.project,
            **sections,
            "services": {name: self._service(service) for name, service in model["services"].items()},
            "networks": {name: self._network(name) for name in {"default": None, **(model.get("networks") or {})}},
        }

    def _refused(self, model: Mapping[str, Any]) -> Iterator[str]:
        for name, service in model["services"].items():
            yield from (f"services.{name}.{key}" for key in _unknown(service, _SERVICE))
            yield from (f"services.{name}.{what}" for what in self._refused_in(service))
        for section, kind, keys in (("networks", "network", _NETWORK), ("volumes", "volume", _VOLUME)):
            for name, thing in (model.get(section) or {}).items():
                yield from (f"{section}.{name}.{key}" for key in _unknown(thing, keys))
                if (thing or {}).get("driver") not in (None, "", _DRIVERS[kind]):
                    yield f"{section}.{name}.driver"
                # A name of its own may be that of something another project has, such as production's database.
                if (thing or {}).get("name") not in (None, f"{self.project}_{name}"):
                    yield f"{section}.{name}.name"
        for section in ("secrets", "configs"):
            for name, thing in (model.get(section) or {}).items():
                yield from (f"{section}.{name}.{key}" for key in _unknown(thing, _FILE))
                if thing.get("file") and not self._within(thing["file"], self.checkout):
                    yield f"{section}.{name}.file ({thing['file']})"
        known = {"name", "services", "networks", "volumes", "secrets", "configs"}
        yield from (key for key in _unknown(model, known) if not key.startswith("x-"))

    def _refused_in(self, service: _Model) -> Iterator[str]:
        mode = str(service.get("network_mode") or "none")
        if mode != "none" and not mode.startswith("service:"):
            yield f"network_mode ({mode})"
        for name, network in (service.get("networks") or {}).items():
            yield from (f"networks.{name}.{key}" for key in _unknown(network, _IN_A_NETWORK))
        for volume in service.get("volumes") or []:
            source = volume.get("source") or ""
            bound = volume["type"] == "bind"
            if volume["type"] not in ("volume", "tmpfs", "bind"):
                yield f"volumes (type {volume['type']})"
            if bound and not any(self._within(source, folder) for folder in (self.results, self.checkout)):
                yield f"volumes ({source})"

    @staticmethod
    def _within(path: str, folder: Path) -> bool:
        """True for what is there and, with links followed, in the folder."""
        return os.path.lexists(path) and Path(path).resolve().is_relative_to(folder.resolve())

    def _service(self, service: _Model) -> _Model:
        kept = {key: value for key, value in service.items() if key in _SERVICE and key != "env_file"}
        dropped = {str(name).upper().removeprefix("CAP_") for name in service.get("cap_drop") or []}
        kept |= {
            "volumes": [self._mount(volume) for volume in service.get("volumes") or []],
            "cap_drop": ["ALL"],
            "cap_add": [] if "ALL" in dropped else [name for name in _CAPABILITIES if name not in dropped],
            "security_opt": ["no-new-privileges:true"],
            "mem_limit": _at_most(service.get("mem_limit"), MEMORY),
            "memswap_limit": _at_most(service.get("mem_limit"), MEMORY),
            "pids_limit": _at_most(service.get("pids_limit"), PROCESSES),
            "cpus": min(float(service.get("cpus") or CPUS), CPUS),
            "restart": "no",
            "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "2"}},
        }
        if not str(service.get("network_mode") or "").startswith("service:"):
            # Names of services are still found. All others would be asked for by the Engine, outside of the network, and
            # what is asked for can carry data away (CVE-2024-29018).
            kept["dns"] = ["127.0.0.1"]
        if service.get("image") in (self.image, *self.images):
            kept["pull_policy"] = "never"  # its name is nobody's in any registry, and shall not become somebody's
        return kept

    def _mount(self, volume: _Model) -> _Model:
        if volume["type"] != "bind":
            return volume
        written = self._within(volume["source"], self.results)
        return {"type": "bind", "source": volume["source"], "target": volume["target"], "read_only": not written}

    def _network(self, name: str) -> _Model:
        # Internal alone still leaves this machine itself within reach, at the network's first address; so it gets none.
        # Source: https://docs.docker.com/engine/network/drivers/bridge/, `com.docker.network.bridge.inhibit_ipv4`.
        inhibited = {"com.docker.network.bridge.inhibit_ipv4": "true"}
        return {"name": f"{self.project}_{name}", "driver": "bridge", "internal": True, "driver_opts": inhibited}


def _unknown(thing: Mapping[str, Any] | None, known: set[str]) -> list[str]:
    """The keys that say something and are not known, sorted."""
    return sorted(
        key for key, value in (thing or {}).items() if key not in known and value not in (None, False, [], {})
    )


def _at_most(given: Any, limit: int) -> int:
    """The limit, or the smaller one that the file sets; what is no number above 0 sets none."""
    text = str(given or "")
    return min(int(text), limit) if text.isdigit() and int(text) > 0 else limit
