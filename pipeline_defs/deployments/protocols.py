"""Protocols: what the procedures need of whoever runs them, which is an op of Dagster, or a command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline_defs.config import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Deployment, Rehearsal
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.site import Site


class DeploymentError(ShiplineError):
    """A plan, rehearsal, deployment or rollback that is refused, or has failed; then `record` says how far it came."""

    def __init__(self, sentence: str, remedy: str = "", *, record: Deployment | Rehearsal | None = None) -> None:
        super().__init__(sentence, remedy)
        self.record = record


class Telling(Protocol):
    """Where a procedure tells people how it goes."""

    def say(self, text: str) -> None:
        """Tell a milestone."""

    def listen(self, line: str) -> None:
        """Take one line of a command's output."""


class Recording(Protocol):
    """The run that a procedure belongs to, and what is written down of it."""

    @property
    def id(self) -> str:
        """The run's id."""

    @property
    def actor(self) -> str:
        """Who asked for it."""

    @property
    def lineage(self) -> Lineage:
        """What was written down before."""

    def note(self, row: Deployment | Rehearsal) -> None:
        """Write what is known of an attempt now. The last word on an id is the one that counts."""

    def tag(self, tags: Mapping[str, str]) -> None:
        """Tag the run, so that people and sensors find it."""


class Sources(Protocol):
    """The door to git."""

    def of(self, app: App) -> Source:
        """The source of this app; nothing is fetched yet. Raises SourceError."""


@dataclass(frozen=True)
class Outside:
    """The outside systems that a procedure uses."""

    source: Sources
    registry: RegistryResource
    ssh: SshResource


@dataclass(frozen=True)
class Place:
    """An environment of an app."""

    app: App
    environment: str

    @property
    def site(self) -> Site:
        """Its place on its hosts."""
        return Site.of(self.app, self.environment)

    def __str__(self) -> str:
        return f"{self.environment} of {self.app.name}"
