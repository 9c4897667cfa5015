"""Migrations run in a schema of their own inside a transaction: PostgreSQL rolls back tables, too."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text


@pytest.fixture
def migrations(alembic_config: Config, connection: Connection) -> Iterator[Config]:
    """Migrations on an empty schema that vanishes with the test's transaction."""
    schema = f"test_{uuid4().hex}"
    connection.execute(text(f"CREATE SCHEMA {schema}"))
    connection.execute(text(f"SET LOCAL search_path TO {schema}"))
    alembic_config.attributes["connection"] = connection
    yield alembic_config
    del alembic_config.attributes["connection"]


def test_names_are_split_and_joined_again(migrations: Config, connection: Connection) -> None:
    names = ["Ada Lovelace", "Cher", "Ludwig van Beethoven"]
    split = [("Ada", "Lovelace"), ("Cher", ""), ("Ludwig", "van Beethoven")]
    command.upgrade(migrations, "0002")
    for name in names:
        connection.execute(text("INSERT INTO customers (email, name) VALUES (:name, :name)"), {"name": name})
    command.upgrade(migrations, "0003")
    assert connection.execute(text("SELECT first_name, last_name FROM customers ORDER BY id")).all() == split
    command.downgrade(migrations, "0002")
    assert connection.scalars(text("SELECT name FROM customers ORDER BY id")).all() == names


def test_prices_become_cents_and_prices_again(migrations: Config, connection: Connection) -> None:
    command.upgrade(migrations, "0001")
    connection.execute(text("INSERT INTO products (sku, name, price, stock) VALUES ('TEA', 'Tea', 19.99, 1)"))
    command.upgrade(migrations, "0002")
    assert connection.scalar(text("SELECT price_cents FROM products")) == 1999
    command.downgrade(migrations, "0001")
    assert str(connection.scalar(text("SELECT price FROM products"))) == "19.99"


def test_models_match_migrations_and_all_can_be_undone(migrations: Config, connection: Connection) -> None:
    command.upgrade(migrations, "head")
    command.check(migrations)
    command.downgrade(migrations, "base")
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    assert connection.scalars(tables).all() == ["alembic_version"]
