"""Dagster's storage for a test: files of its own, which are copied, since to make the tables costs more than a small run."""

import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

_OFF = {"telemetry": {"enabled": False}}
_TEMPORARY = tempfile.gettempdir()  # as it is outside of any test, which may put another one in its place


@contextmanager
def storage(folder: Path, **settings: object) -> Iterator[dg.DagsterInstance]:
    """An empty storage in this folder, which is made; `settings` are further ones of Dagster's."""
    shutil.copytree(_empty().name, folder)
    with dg.DagsterInstance.local_temp(str(folder), overrides={**_OFF, **settings}) as instance:
        yield instance


@functools.cache
def _empty() -> "tempfile.TemporaryDirectory[str]":
    """One that nothing was written to, made once in a process."""
    made = tempfile.TemporaryDirectory(prefix="shipline-storage-", dir=_TEMPORARY)
    with dg.DagsterInstance.local_temp(made.name, overrides=_OFF) as instance:
        instance.get_runs(limit=1)
        instance.fetch_materializations(dg.AssetKey("nothing"), limit=1)
        instance.all_instigator_state()
    return made
