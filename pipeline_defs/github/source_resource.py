"""Source resource: the door to git, apart from the plain client so that the command line starts without Dagster."""

from pathlib import Path

from dagster import ConfigurableResource

from pipeline_defs.config import App, Home
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.resources.disk_space import require_space
from pipeline_defs.resources.git_source import Source
from pipeline_defs.server.core.command import Listener


class SourceResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to git. `workspace` holds mirrors and checkouts; by default it is the home's."""

    workspace: str = ""

    def open(self, repository: str) -> Source:
        """The source of this repository; nothing is fetched yet."""
        return Source(repository, self._folder)

    def require_space(self, most: int, say: Listener) -> None:
        """See to it that the workspace takes up no more than `most` bytes before more is put there. Raises NoDiskSpace."""
        for line in require_space(self._folder, most):
            say(line)

    def of(self, app: App) -> Source:
        """The source of this app, with its login to GitHub where it has one; nothing is fetched yet. Raises SourceError."""
        return source_of(app, self._folder)

    @property
    def _folder(self) -> Path:
        return Path(self.workspace) if self.workspace else Home.find().workspace
