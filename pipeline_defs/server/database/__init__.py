"""The app's database on a server: backup, restore, counts. One interface, three kinds."""

from collections.abc import Mapping

from pipeline_defs.config.secret import Secret
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.database.command_driver import ByCommands
from pipeline_defs.server.database.database_driver import Driver, learn_backup
from pipeline_defs.server.database.postgres import Postgres, PostgresElsewhere, PostgresService
from pipeline_defs.server.database.postgres_address import Address

__all__ = ["Address", "ByCommands", "Driver", "Postgres", "PostgresElsewhere", "driver", "learn_backup"]


def driver(site: Site, addresses: Mapping[str, Secret]) -> Driver | None:
    """The way to a site's database; None for an app without one.

    Args:
        addresses: the URLs of databases that are no container here, by environment.

    Raises:
        ServerError: its URL is none of a PostgreSQL database.
    """
    config = site.config.database
    if config is None:
        return None
    if config.url is not None:
        try:
            return PostgresElsewhere(site, config, Address.parse(addresses[site.environment]))
        except ValueError as error:
            raise ServerError(f"{site}: database.url is {error}") from None
    return ByCommands(site, config, config.commands) if config.commands else PostgresService(site, config)
