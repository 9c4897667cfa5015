"""The connection to PostgreSQL. Nothing connects at import, so the app starts without a database or a schema."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from shop.settings import settings

SESSIONS = 10
_free = asyncio.Semaphore(SESSIONS)

engine = create_engine(
    settings.database_url,
    pool_size=SESSIONS,
    max_overflow=5,  # for /health, which has no session
    pool_pre_ping=True,  # a restarted database costs no failed request
    connect_args={"connect_timeout": 3},  # seconds; /health must answer before its caller gives up
)


def get_engine() -> Engine:
    """The engine, as a dependency that tests replace."""
    return engine


async def get_session() -> AsyncIterator[Session]:
    """A session for one request; what the route does not commit is rolled back.

    Requests wait here for their turn. Those that waited for a connection in one of the few threads that serve routes would keep
    these from the requests that have a connection and need a thread to give it back: in a rush, all would wait for each other.
    """
    async with _free:
        with Session(engine) as session:
            yield session


EngineDependency = Annotated[Engine, Depends(get_engine)]
SessionDependency = Annotated[Session, Depends(get_session)]
