"""Dagster storage: Dagster's, opened when it is first needed, and asked again and again until it answers."""

import threading

from dagster import DagsterInstance

from pipeline_defs.config import Home
from pipeline_defs.config.base_error import ShiplineError


class StorageUnavailable(ShiplineError):
    """Dagster's storage cannot be read; the message is a sentence."""


class Storage:
    """The storage of one home. May be used by several threads."""

    def __init__(self, home: Home) -> None:
        """Nothing is opened yet."""
        self._home = home
        self._lock = threading.Lock()
        self._instance: DagsterInstance | None = None

    def instance(self) -> DagsterInstance:
        """Dagster's instance, opened once; that it was opened does not say that it still answers. Raises StorageUnavailable."""
        with self._lock:
            if self._instance is None:
                if not (self._home.root / "dagster.yaml").exists():
                    raise StorageUnavailable(
                        f"no Shipline was ever started in {self._home.root}; start it with: shipline up"
                    )
                try:
                    self._instance = DagsterInstance.from_config(str(self._home.root))
                except Exception as error:  # of Dagster, SQLAlchemy or the database's driver
                    raise StorageUnavailable(unavailable_reason(error)) from None
            return self._instance

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            if self._instance is not None:
                self._instance.dispose()
                self._instance = None


def unavailable_reason(error: Exception) -> str:
    """One sentence for whatever a storage that cannot be read has raised."""
    said = " ".join((str(error).strip().splitlines() or [type(error).__name__])[0].split())
    return f"Dagster's storage cannot be read: {said}; look whether the database runs"
