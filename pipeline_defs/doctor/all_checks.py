"""All checks: all that apps need, looked at; those that wait for the network at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pipeline_defs.config import App
from pipeline_defs.config.machine import Machine
from pipeline_defs.doctor.app_checks import github, hooks, registry, repository, secrets
from pipeline_defs.doctor.commit_checks import commit, shared_ports
from pipeline_defs.doctor.finding import Finding
from pipeline_defs.doctor.host_checks import server
from pipeline_defs.doctor.machine_checks import images, machine, modes
from pipeline_defs.doctor.server_trial import Tried

_AT_ONCE = 8


def findings(apps: Sequence[App], workspace: Path, name: str = "") -> Iterator[Finding]:
    """Everything that was found, in an order that stays the same: this machine, each app, each server and builder once, each app's commit.

    `name` is the commit, branch or tag that is tried; by default the head of the main branch.
    """
    looks: list[Callable[[], Iterable[Finding]]] = [
        partial(machine, workspace),
        partial(modes, workspace.parent),
        images,
    ]
    for app in apps:
        looks += [
            partial(secrets, app),
            partial(repository, app, workspace),
            partial(registry, app),
            partial(github, app),
            partial(hooks, app),
        ]
    looks += [partial(server, host, folders) for host, folders in _servers(apps)]
    builders = dict.fromkeys(builder for app in apps for each in app.builds for builder in each.build.builders)
    looks += [partial(server, builder, (), builds=True) for builder in builders]
    places: list[Tried] = []
    looks += [partial(commit, app, workspace, name, places=places) for app in apps]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(lambda look: list(look()), looks):
            yield from found
    yield from shared_ports(places)


def _servers(apps: Sequence[App]) -> list[tuple[Machine, list[str]]]:
    """Each server with the folders of the environments there, whatever runs there and with which ports of the router."""
    found: dict[Machine, list[str]] = {}
    for app in apps:
        for environment in app.environments.values():
            for host in environment.hosts:
                machine = Machine(**{name: getattr(host, name) for name in Machine.model_fields})
                found.setdefault(machine, []).append(str(environment.directory))
    return list(found.items())
