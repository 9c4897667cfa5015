"""GitHub resource: the door to GitHub, apart from the plain client so that the command line starts without Dagster."""

from typing import TYPE_CHECKING

from dagster import ConfigurableResource

from pipeline_defs.config import App

if TYPE_CHECKING:
    from pipeline_defs.github.api import Repository


class GitHubResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to GitHub."""

    def open(self, app: App) -> "Repository":
        """The app's repository; one for each app and process. Nothing is asked yet. Raises GitHubError without its token or key."""
        from pipeline_defs.github.api import open_repository

        return open_repository(app)
