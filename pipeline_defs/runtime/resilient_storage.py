"""As a service: Dagster's storage in PostgreSQL, for which a database that is away for a moment is no reason to lose an event.

Left alone, Dagster gives up after eleven seconds without a connection, and at once where one breaks in the middle of a statement. A run
then ends in the middle of a deployment, and a line of its log is dropped without a word.
"""

import functools
import inspect
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg2
from dagster import EventLogEntry, serialize_value
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.runs.base import RunStorage
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage, PostgresRunStorage
from sqlalchemy import Connection, delete
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError

_PATIENCE = 120.0  # seconds without a connection: PostgreSQL restarts in two, and after a crash reads its log first
_PAUSE = 0.5
_TRIES = 20  # of one statement whose connection breaks each time

_MAY_BE_CALLED_TWICE = (
    "get_",
    "has_",
    "add_job_snapshot",
    "add_execution_plan_snapshot",
    "add_run_tags",
    "handle_run_event",
)
"""How methods are named that read, or leave the same when they are called twice."""

_TOGETHER = ContextVar("together", default=False)
"""Whether statements of one connection make one transaction."""

_Answer = TypeVar("_Answer")
_Storage = TypeVar("_Storage", bound=RunStorage | EventLogStorage)


def _write(write: Callable[[], _Answer], undo: Callable[[], None]) -> _Answer:
    """Write; where the connection breaks meanwhile, undo it and write anew, on another one."""
    for left in reversed(range(_TRIES)):
        try:
            if left < _TRIES - 1:
                undo()
            return write()
        except DBAPIError as error:
            if not error.connection_invalidated or not left:
                raise
    raise AssertionError("the last try has answered or raised")


def _patient(storage: type[_Storage]) -> type[_Storage]:
    """Have every method of a storage that may be called twice be called again where the connection breaks."""

    def patient(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def called(*words: Any, **options: Any) -> Any:
            return _write(lambda: method(*words, **options), lambda: None)

        return called

    for name, method in inspect.getmembers(storage, inspect.isfunction):
        if name.startswith(_MAY_BE_CALLED_TWICE):
            setattr(storage, name, patient(method))
    return storage


@_patient
class _Events(PostgresEventLogStorage):
    """All that a run writes while it goes on."""

    def store_event(self, event: EventLogEntry) -> None:
        """Once, however often the connection breaks: nobody knows how far a write came, so what came of it is removed first."""

        def forget() -> None:
            table = SqlEventLogStorageTable
            same = (table.c.run_id == event.run_id) & (table.c.event == serialize_value(event))
            with self._connect() as connection:
                connection.execute(delete(table).where(same))

        _write(lambda: super(_Events, self).store_event(event), forget)


def _whole(method: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """What a method writes is written together or not at all."""

    @functools.wraps(method)
    def called(*words: Any, **options: Any) -> _Answer:
        before = _TOGETHER.set(True)
        try:
            return method(*words, **options)
        finally:
            _TOGETHER.reset(before)

    return called


@_patient
class _Runs(PostgresRunStorage):
    """A run with its tags: Dagster writes them one after the other, and a run that is left without tags is one that nobody finds.

    `add_run` is not called a second time: creating a run is the claim on a change, and nobody could say whose it is that is found then.
    """

    add_run = _whole(PostgresRunStorage.add_run)
    add_run_tags = _whole(PostgresRunStorage.add_run_tags)
    handle_run_event = _whole(PostgresRunStorage.handle_run_event)

    def connect(self) -> AbstractContextManager[Connection]:
        """A connection, which commits each statement by itself where they need not be together."""
        if not _TOGETHER.get():
            return super().connect()
        return self._engine.execution_options(isolation_level="READ COMMITTED").begin()


class ResilientStorage(DagsterPostgresStorage):
    """The storage that docker/dagster.yaml names; it takes the settings of Dagster's own.

    Only what exists already is waited for: a program that starts finds at once that it cannot reach the database.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        """`postgres_url` as in Dagster's own. Raises what SQLAlchemy does where nothing answers there."""
        super().__init__(postgres_url, inst_data=inst_data)
        self._run_storage = _Runs(postgres_url)
        self._event_log_storage = _Events(postgres_url)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            listen(storage._engine, "do_connect", _connect)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "ResilientStorage":
        """Made of what stands in dagster.yaml."""
        return cls(config_value["postgres_url"], inst_data)


def _connect(dialect: Any, _record: Any, words: Any, options: Any) -> Any:
    """A connection, as soon as PostgreSQL gives one. Raises what it says where it gives none for too long."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return dialect.connect(*words, **options)
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
