"""Looks: all that apps need, looked at; those that wait for the network at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pipeline_defs.config import App, Host
from pipeline_defs.doctor.app import github, registry, repository, secrets
from pipeline_defs.doctor.finding import Finding
from pipeline_defs.doctor.host import server
from pipeline_defs.doctor.machine import machine

_AT_ONCE = 8


def findings(apps: Sequence[App], workspace: Path) -> Iterator[Finding]:
    """Everything that was found, in an order that stays the same: this machine, each app, each server and builder once."""
    looks: list[Callable[[], Iterable[Finding]]] = [partial(machine, workspace)]
    for app in apps:
        looks += [
            partial(secrets, app),
            partial(repository, app, workspace),
            partial(registry, app),
            partial(github, app),
        ]
    looks += [partial(server, host, folders) for host, folders in _servers(apps)]
    builders = dict.fromkeys(builder for app in apps for builder in app.build.builders)
    looks += [partial(server, builder, (), builds=True) for builder in builders]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(lambda look: list(look()), looks):
            yield from found


def _servers(apps: Sequence[App]) -> list[tuple[Host, list[str]]]:
    """Each server with the folders of the environments there."""
    found: dict[Host, list[str]] = {}
    for app in apps:
        for environment in app.environments.values():
            for host in environment.hosts:
                one = host.model_copy(update={"roles": ()})  # the same server, whatever runs there
                found.setdefault(one, []).append(str(environment.directory))
    return list(found.items())
