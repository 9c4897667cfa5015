"""Pull confinement: what the compose file of a pull request may ask for where it is rehearsed, and what its services are held to. Pure."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from pipeline_defs.config.masking import MASK
from pipeline_defs.server.compose.bundle import REHEARSAL_SHARES
from pipeline_defs.server.compose.compose_reader import MASKED
from pipeline_defs.server.core.path_overrides import KEPT, SEEN
from pipeline_defs.server.core.site import Site

MEMORY = 2 * 2**30
"""Bytes, swap included, for each container."""
PROCESSES = 512
"""Processes and threads in each container."""

_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")
"""What official images need to prepare their folders and to become their own user."""

_RESET = "shipline:reset"
_ISOLATED = {"com.docker.network.bridge.inhibit_ipv4": "true"}
"""Internal alone still leaves the server itself within reach, at the network's first address; so it gets none."""

# fmt: off
_SERVICE = {  # what a service may say; everything else is refused, known today or not
    "attach", "command", "configs", "cpus", "depends_on", "entrypoint", "env_file", "environment", "expose",
    "healthcheck", "hostname", "image", "init", "labels", "network_mode", "networks",
    "platform", "profiles", "pull_policy", "read_only", "scale", "secrets", "shm_size", "stdin_open",
    "stop_grace_period", "stop_signal", "tmpfs", "tty", "ulimits", "user", "volumes", "working_dir",
}
_SETTLED = {  # and what it is held to
    "cap_drop": ["ALL"], "cap_add": list(_CAPABILITIES), "security_opt": ["no-new-privileges:true"], "restart": "no",
    "mem_limit": MEMORY, "memswap_limit": MEMORY, "pids_limit": PROCESSES, "cpu_shares": REHEARSAL_SHARES, "dns": ["127.0.0.1"],
}
_TAKEN_AWAY = ("ports", "container_name", "deploy", "build", "develop", "external_links", "extra_hosts", "logging", "dns_search")
_REPLACED = ("cap_drop", "security_opt", "dns")  # lists that Compose else adds to
# fmt: on


def confined_file(services: Collection[str], networks: Collection[str], alone: Collection[str]) -> str:
    """A compose file that confines these services; those `alone` say themselves in which network they are.

    Nothing is published, and the networks have no way out.
    """
    text = json.dumps(
        {
            "services": {name: _service(named=name not in alone) for name in sorted(services)},
            "networks": {name: {"internal": True, "driver_opts": _ISOLATED} for name in sorted(networks)},
        },
        indent=2,
    )
    text = text.replace("$", "$$").replace(f'"{_RESET}"', "!reset null")
    for key in _REPLACED:
        text = text.replace(f'"{key}": [', f'"{key}": !override [')
    return text


def _service(*, named: bool) -> dict[str, Any]:
    # Names of services are found all the same. All others would be asked for by the Engine, outside of the network.
    dns = {} if named else {"dns": _RESET}
    return {**_SETTLED, **dict.fromkeys(_TAKEN_AWAY, _RESET), **dns}


def too_much(site: Site, config: str) -> list[str]:
    """What the merged compose file of a pull request (`docker compose config`) asks for and may not, each by its key."""
    said = yaml.safe_load(config.replace(MASK, MASKED)) or {}
    return [*_top(said), *_services(site, said), *_own(site, said), *_files(site, said)]


def _top(said: Mapping[str, Any]) -> Iterator[str]:
    known = {"name", "services", "networks", "volumes", "secrets", "configs"}
    yield from (key for key in said if key not in known and not str(key).startswith("x-"))


def _services(site: Site, said: Mapping[str, Any]) -> Iterator[str]:
    services = said.get("services") or {}
    bound = {str(each["source"]) for service in services.values() for each in _mounts(service, "bind")}
    for name, service in services.items():
        for key, value in service.items():
            held = _same(value, _SETTLED[key]) if key in _SETTLED else key in _SERVICE
            if not held and value not in (None, False, [], {}):
                yield f"services.{name}.{key}"
        mode = str(service.get("network_mode") or "none")
        if mode != "none" and not mode.startswith("service:"):
            yield f"services.{name}.network_mode ({mode})"
        for network, keys in (service.get("networks") or {}).items():
            yield from (
                f"services.{name}.networks.{network}.{key}" for key in set(keys or {}) - {"aliases", "priority"}
            )
        for mount in service.get("volumes") or []:
            if mount["type"] not in ("volume", "tmpfs", "bind"):
                yield f"services.{name}.volumes (type {mount['type']})"
            elif mount["type"] == "bind" and not _may_bind(site, str(mount["source"]), bound):
                yield f"services.{name}.volumes ({mount['source']})"


def _same(value: Any, held: Any) -> bool:
    return set(map(str, value)) == set(held) if isinstance(value, list) else str(value) == str(held)


def _mounts(service: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [each for each in service.get("volumes") or [] if each["type"] == kind]


def _may_bind(site: Site, source: str, bound: Collection[str]) -> bool:
    """Whether a mount is of a file of the release, or of data of this place: never of a folder in which a container may put a link."""
    place = PurePosixPath(source)
    inside = any(place != PurePosixPath(root) and place.is_relative_to(root) for root in _roots(site))
    nested = any(other != source and place.is_relative_to(other) for other in bound)
    return inside and ".." not in place.parts and not nested


def _roots(site: Site) -> tuple[str, ...]:
    return site.path(SEEN), site.path(KEPT)


def _own(site: Site, said: Mapping[str, Any]) -> Iterator[str]:
    """Volumes and networks have to be this project's own, of the usual kind."""
    for name, volume in (said.get("volumes") or {}).items():
        given = {key for key, value in (volume or {}).items() if value not in (None, False, [], {})}
        yield from (f"volumes.{name}.{key}" for key in sorted(given - {"name", "driver", "labels"}))
        yield from _names("volumes", site, name, volume or {}, "local")
    for name, network in (said.get("networks") or {}).items():
        given = {key for key, value in (network or {}).items() if value not in (None, False, [], {})}
        yield from (
            f"networks.{name}.{key}" for key in sorted(given - {"name", "driver", "driver_opts", "internal", "labels"})
        )
        yield from _names("networks", site, name, network or {}, "bridge")
        if (network or {}).get("internal") is not True or (network or {}).get("driver_opts") != _ISOLATED:
            yield f"networks.{name}.driver_opts"


def _names(section: str, site: Site, name: str, thing: Mapping[str, Any], driver: str) -> Iterator[str]:
    if thing.get("name") not in (None, f"{site.project}_{name}"):
        yield f"{section}.{name}.name ({thing['name']})"
    if thing.get("driver") not in (None, "", driver):
        yield f"{section}.{name}.driver"


def _files(site: Site, said: Mapping[str, Any]) -> Iterator[str]:
    for section in ("secrets", "configs"):
        for name, thing in (said.get(section) or {}).items():
            yield from (
                f"{section}.{name}.{key}" for key in set(thing or {}) - {"name", "file", "content", "environment"}
            )
            file = PurePosixPath(str((thing or {}).get("file") or site.path(SEEN, "none")))
            if ".." in file.parts or not file.is_relative_to(site.path()):
                yield f"{section}.{name}.file ({file})"
