"""The connection to PostgreSQL. Nothing connects at import, so the app starts without a database or a schema."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from shop.settings import settings

engine = create_engine(
    settings.database_url,
    pool_pre_ping=True,  # a restarted database costs no failed request
    connect_args={"connect_timeout": 3},  # seconds; /health must answer before its caller gives up
)


def get_engine() -> Engine:
    """The engine, as a dependency that tests replace."""
    return engine


def get_session() -> Iterator[Session]:
    """A session for one request; what the route does not commit is rolled back."""
    with Session(engine) as session:
        yield session


EngineDependency = Annotated[Engine, Depends(get_engine)]
SessionDependency = Annotated[Session, Depends(get_session)]
