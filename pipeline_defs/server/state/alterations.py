"""Alterations: what a release changes on a site besides the app's image, from what both releases describe. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline_defs.server.compose.compose_model import Service
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import Snapshot
from pipeline_defs.server.state.described_services import DescribedServices

_OWN_KEYS = {"image", "labels"}
"""What differs in every release, of the services that run the app's image."""
_OWN_VARIABLES = {"APP_VERSION", "APP_COMMIT"}
_SHOWN = ("image",)
"""Keys whose values are told; of others, which may hold settings, the names alone."""


def alterations(site: Site, before: DescribedServices | None, after: DescribedServices) -> tuple[str, ...]:
    """What changes, a phrase each; nothing for a first release."""
    if before is None:
        return ()
    return tuple(
        [
            *_come_and_go("service", before.services, after.services),
            *_services(site, before, after),
            *_come_and_go("volume", before.model.volumes, after.model.volumes),
            *_come_and_go("network", before.model.networks, after.model.networks),
        ]
    )


def as_it_runs(
    site: Site, before: DescribedServices | None, after: DescribedServices, seen: Snapshot
) -> DescribedServices:
    """The same with the hashes of what runs, for the services that are described as they are now: a preview lies in another folder."""
    known = set(before.services) & set(after.services) if before else set()
    same = [name for name in known if before and seen.of(name) and not _keys(site, before, after, name)]
    return replace(after, hashes={name: seen.of(name)[0].hash for name in same})


def _come_and_go(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"the {kind} {name} is new" for name in sorted(set(after) - set(before)))
    yield from (f"the {kind} {name} is gone" for name in sorted(set(before) - set(after)))
    if kind != "service":
        both = sorted(set(before) & set(after))
        yield from (f"the {kind} {name} is another one" for name in both if before[name] != after[name])


def _services(site: Site, before: DescribedServices, after: DescribedServices) -> Iterator[str]:
    for name in sorted(set(before.services) & set(after.services)):
        old, new = before.services[name], after.services[name]
        keys = _keys(site, before, after, name)
        shown = [f"{key} {old.keys.get(key)} -> {new.keys.get(key)}" for key in keys if key in _SHOWN]
        named = [key for key in keys if key not in _SHOWN]
        if keys:
            yield f"the service {name} changes: {', '.join([*shown, *named])}"


def _keys(site: Site, before: DescribedServices, after: DescribedServices, name: str) -> list[str]:
    """The keys in which two descriptions of a service differ."""
    old, new = before.services[name], after.services[name]
    passed_over = _OWN_KEYS if name in site.services else set()
    keys = sorted((set(old.keys) | set(new.keys)) - passed_over)
    return [key for key in keys if _text(key, old, before.folder) != _text(key, new, after.folder)]


def _text(key: str, service: Service, folder: str) -> str:
    """What a service says for a key, wherever the folder of its release lies."""
    value = service.keys.get(key)
    if key == "environment" and isinstance(value, dict):
        value = {name: each for name, each in value.items() if name not in _OWN_VARIABLES} or None
    return json.dumps(value, sort_keys=True, default=str).replace(folder, ".")
