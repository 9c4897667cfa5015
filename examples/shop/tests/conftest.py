"""Every test runs on the database of DATABASE_URL, in a transaction that is rolled back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session

from shop.database import engine, get_session
from shop.main import app


@pytest.fixture(scope="session")
def alembic_config() -> Config:
    """The migrations, wherever pytest was started."""
    return Config(Path(__file__).parent.parent / "alembic.ini")


@pytest.fixture(scope="session")
def schema(alembic_config: Config) -> None:
    """An empty database gets the schema; any other is tested as it is."""
    if not inspect(engine).get_table_names():
        command.upgrade(alembic_config, "head")


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection in a transaction that is rolled back at the end, and does not see what customers do meanwhile."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def client(connection: Connection, schema: None) -> Iterator[TestClient]:
    """The app on that connection: its commits are savepoints, so each request sees what the ones before it wrote."""

    def session() -> Iterator[Session]:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session

    app.dependency_overrides[get_session] = session
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


@pytest.fixture
def create(client: TestClient) -> Callable[..., dict]:
    """Creates something by its route, e.g. `create("products", stock=3)`, and returns it."""

    def post(kind: str, **fields: object) -> dict:
        unique = uuid4().hex[:12].upper()
        examples = {
            "products": {"sku": f"TEST-{unique}", "name": "Teapot", "price_cents": 1999, "stock": 5},
            "customers": {"email": f"{unique}@example.com", "first_name": "Ada", "last_name": "Lovelace"},
            "orders": {"quantity": 1},
        }
        answer = client.post(f"/{kind}", json=examples[kind] | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return post
