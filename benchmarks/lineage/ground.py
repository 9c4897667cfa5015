"""Ground: a generated history in a storage, and the truth about it."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster import DagsterInstance

from benchmarks.lineage.home import POSTGRES, SQLITE, home
from benchmarks.lineage.storing import store
from benchmarks.lineage.story import app_names, tell
from benchmarks.lineage.truth import Truth
from benchmarks.parts import Failed, Tell
from pipeline_defs.config.home import Home
from pipeline_defs.lineage.store import open_lineage

_NAMES = ("APPS", "DEPLOYMENTS")
_SIZES = {SQLITE: (10, 10_000), POSTGRES: (50, 100_000)}


@dataclass(frozen=True)
class Ground:
    """A home, which storage it has, what really happened, until when, and how long the index took to be made from nothing."""

    home: Home
    storage: str
    truth: Truth
    now: datetime
    index_s: float


@contextmanager
def ground(folder: Path, storage: str, apps: int, deployments: int, say: Tell) -> Iterator[Ground]:
    """Write a history of so many deployments into a home of its own."""
    truth, now = Truth(), datetime.now(UTC)
    with home(folder, storage, app_names(apps)) as root:
        begun = time.monotonic()
        with DagsterInstance.from_config(str(root)) as instance:
            events = store(instance, tell(truth, apps, deployments, now))
        say(
            f"{truth.count} deployments of {apps} apps are {events} events, written in {time.monotonic() - begun:.0f} s"
        )
        place = Home(root)
        begun = time.monotonic()
        with open_lineage(place) as lineage:
            lineage.apps()
        index_s = round(time.monotonic() - begun, 3)
        say(f"the index was made from nothing in {index_s:.1f} s")
        yield Ground(place, storage, truth, now, index_s)


@contextmanager
def wanted_ground(say: Tell) -> Iterator[Ground]:
    """A ground of the storage and size that the variables STORAGE, APPS and DEPLOYMENTS name. Raises Failed."""
    storage = os.environ.get("STORAGE") or POSTGRES
    if storage not in _SIZES:
        raise Failed(f"STORAGE is {storage!r}; it may be {' or '.join(_SIZES)}")
    usual = zip(_NAMES, _SIZES[storage], strict=True)
    apps, deployments = (int(os.environ.get(name) or number) for name, number in usual)
    with (
        tempfile.TemporaryDirectory(prefix="shipline-lineage-") as folder,
        ground(Path(folder), storage, apps, deployments, say) as made,
    ):
        yield made
