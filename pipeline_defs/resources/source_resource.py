"""Source resource: the door to git, apart from the plain client so that the command line starts without Dagster."""

from pathlib import Path

from dagster import ConfigurableResource

from pipeline_defs.config import Home
from pipeline_defs.resources.source import Source


class SourceResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to git. `workspace` holds mirrors and checkouts; by default it is the home's."""

    workspace: str = ""

    def open(self, repository: str) -> Source:
        """The source of this repository; nothing is fetched yet."""
        return Source(repository, Path(self.workspace) if self.workspace else Home.find().workspace)
