"""Fixtures that start what tests stand on, once for the whole session, and leave nothing behind."""

import os
import shutil
import signal
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests.testbed import compose, images
from tests.testbed import engine as docker_engine
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

# Importing the definitions reads the settings of this process's home. Tests have an empty one, so that a demo or a person's
# own Shipline in the same checkout lends them neither addresses nor secrets.
_HOME = tempfile.TemporaryDirectory(prefix="shipline-home-")
os.environ["SHIPLINE_HOME"] = _HOME.name

# Each event of a Dagster run is synced to the disk several times: in memory, where there is plenty, nothing waits for that.
_MEMORY, _PLENTY = Path("/dev/shm"), 8 * 2**30
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _PLENTY and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# A shell that starts the tests in the background has them ignore Ctrl-C, and the programs that they start and end would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@event.listens_for(Engine, "connect")
def _no_waiting_for_the_disk(connection: object, _record: object) -> None:
    """A test's SQLite does not have to survive the machine: without syncing, a run of Dagster's takes a third less."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with few tests first: each of these takes long, and one that came last would keep a single process busy for minutes."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (tests[item.path], item.path))


@pytest.fixture(scope="session")
def progress(request: pytest.FixtureRequest) -> Progress:
    """Tells the set-up's steps on the terminal although pytest captures what tests print."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{line}", end="", flush=True)

    return Progress(write)


@pytest.fixture(scope="session")
def compose_there(progress: Progress) -> None:
    """Compose is on this machine, or fetched; no Engine is needed."""
    compose.command(progress)


@pytest.fixture(scope="session")
def engine(progress: Progress) -> None:
    """A Docker Engine that answers, with all images of the test bed."""
    docker_engine.ensure(progress)
    images.ensure(progress)


@pytest.fixture(scope="session")
def testbed(engine: None, progress: Progress) -> Iterator[TestBed]:
    """One bed for the session: a registry and a server. Sessions side by side have one each; dead ones are cleared away."""
    remove_orphans("tests-")
    with TestBed(f"tests-{os.getpid()}", progress=progress, in_memory=True) as bed:
        yield bed
