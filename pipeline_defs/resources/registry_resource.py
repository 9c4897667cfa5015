"""Registry resource: the door to the registries, apart from the plain client, whose imports no run's start has to wait for."""

from typing import TYPE_CHECKING

from dagster import ConfigurableResource

from pipeline_defs.config.app import App

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


class RegistryResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to the registries."""

    def of(self, app: App) -> "Registry":
        """The repository of the app's image, with the app's credentials. Raises SecretUnavailable."""
        from pipeline_defs.resources.registry_client import registry_of

        return registry_of(app)
