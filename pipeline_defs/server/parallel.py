"""Parallel: what in a compose file keeps two containers of a service from running beside each other."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipeline_defs.config.secret import MASK


def impossible(merged: str, service: str) -> list[str]:
    """The reasons, each as a phrase that says what to do; `merged` is what `docker compose config` printed."""
    services = (yaml.safe_load(merged.replace(MASK, "masked")) or {}).get("services") or {}
    if service not in services:
        return [f"it has no service {service}"]
    return list(_reasons(service, services[service]))


def _reasons(service: str, keys: Mapping[str, Any]) -> Iterator[str]:
    if keys.get("container_name"):
        yield f"the service {service} has the container_name {keys['container_name']}; remove it"
    for port in keys.get("ports") or []:
        published = _published(port)
        if published:
            yield f"the service {service} publishes the port {published}; remove it, the router publishes its own"
    mode = str(keys.get("network_mode", ""))
    if mode and mode not in ("bridge", "default"):
        yield f"the service {service} has the network_mode {mode}, where the router does not reach it; remove it"


def _published(port: Any) -> str:
    """The server's port, empty where the Engine may choose one."""
    if isinstance(port, str):
        return port.partition("/")[0].rpartition(":")[0].rpartition(":")[2]
    return str(port.get("published") or "")
