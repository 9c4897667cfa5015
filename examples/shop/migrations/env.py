"""Runs migrations on DATABASE_URL, or on the connection that a test hands over."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection

from shop.database import engine
from shop.models import Base


def migrate(connection: Connection) -> None:
    """All in one transaction: a migration that fails leaves the schema as it was."""
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    with engine.connect() as connection:
        migrate(connection)
