"""Webhook apps: whose deliveries are accepted. The apps' files are read anew when they change."""

from pathlib import Path

from pipeline_defs.config import App
from pipeline_defs.config.apps_folder import AppsFolder
from pipeline_defs.config.secret import Secret, SecretUnavailable
from pipeline_defs.github.webhooks.webhook_senders import Sender


class Apps:
    """The apps of a home that have a webhook's secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = AppsFolder(folder)

    def all(self) -> dict[str, App]:
        """The apps on GitHub, by name. A file that is wrong is shown in the lineage."""
        return {name: app for name, app in self._folder.apps().items() if app.github}

    def senders(self) -> list[Sender]:
        """Whose deliveries are accepted: the apps whose webhook's secret is there."""
        secrets = ((app, _secret(app)) for app in self.all().values())
        return [Sender(app.name, app.full_name or "", secret) for app, secret in secrets if secret is not None]


def _secret(app: App) -> Secret | None:
    source = app.github.webhook_secret if app.github else None
    try:
        return source.read() if source else None
    except SecretUnavailable:
        return None
