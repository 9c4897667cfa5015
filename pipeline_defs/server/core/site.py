"""Site: one environment's place on its server: names and paths."""

from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.config.app import App
from pipeline_defs.config.environment import Environment
from pipeline_defs.config.host import Host
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.path_overrides import KEPT


@dataclass(frozen=True)
class Site:
    """Where an environment of an app lives: on its server, or on one of several, of which each has its share of it.

    Everything Shipline keeps there lies below the environment's own directory:
    `releases/<name>/` (compose file, override, settings), `current` and `previous` (links to releases),
    `backups/`, `logs/`, `results/`, `journal/`, `lock`, and `tmp/` for as long as the lock is held.

    `elsewhere` are the services of the app's image that run on other hosts only.
    """

    app: str
    environment: str
    config: Environment
    elsewhere: tuple[str, ...] = ()

    @classmethod
    def of(cls, app: App, environment: str, host: Host | None = None) -> "Site":
        """The site of an app's environment: as a whole, or on one of its hosts."""
        whole = cls(app.name, environment, app.environments[environment])
        if host is None:
            return whole
        here = cls(app.name, environment, _share(whole.config, host))
        return replace(here, elsewhere=tuple(name for name in whole.services if name not in here.services))

    @property
    def project(self) -> str:
        """The compose project: containers, networks and volumes are named after it."""
        return self.config.project_of(self.app, self.environment)

    @property
    def data(self) -> str:
        """The folder in which the compose file's folders of data lie."""
        return str(self.config.data_folder or self.config.directory / KEPT)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that run the app's image here."""
        return (self.config.service, *self.config.also)

    @property
    def hosts(self) -> str:
        """Where it is, in words."""
        return ", ".join(map(str, self.config.hosts))

    def path(self, *parts: str) -> str:
        """A path below the environment's directory."""
        return str(self.config.directory.joinpath(*parts))

    def folder(self, release: Release) -> str:
        """The release's own folder."""
        return self.path("releases", release.name)

    @property
    def current(self) -> str:
        """The link to the folder of the release that runs."""
        return self.path("current")

    def __str__(self) -> str:
        return f"{self.app} {self.environment} on {self.hosts}"


def _share(config: Environment, host: Host) -> Environment:
    """What of an environment is on one of its hosts: the services of the host's roles. Only the first one has to do with the database."""
    if len(config.hosts) == 1:
        return config
    service, *also = [name for name in (config.service, *config.also) if host.runs(name)]
    replaced = {name: each for name, each in config.services.items() if name in (service, *also)}
    changes: dict[str, Any] = {"hosts": (host,), "service": service, "also": tuple(also), "services": replaced}
    if service != config.service:
        changes |= {"route": None, "test": None, "e2e": ()}
    if host.place != config.host.place:
        changes |= {"database": None, "migrate": None, "revision": None, "downgrade": None}
    return config.model_copy(update=changes)
