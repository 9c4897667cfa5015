"""GitHub resource: the door to GitHub, apart from the plain client so that the command line starts without Dagster."""

from dagster import ConfigurableResource

from pipeline_defs.config import App
from pipeline_defs.resources.github import Repository, open_repository


class GitHubResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to GitHub."""

    def open(self, app: App) -> Repository:
        """The app's repository; one for each app and process. Nothing is asked yet. Raises GitHubError without its token or key."""
        return open_repository(app)
