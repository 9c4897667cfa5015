"""Defined sensors: whether the process that holds them still does, and which sensors they have."""

from collections.abc import Callable

from pipeline_defs.observing.dagster_storage import Storage
from pipeline_defs.runtime.code_server import FollowedCodeServer


class Definitions:
    """The definitions of one home's Shipline, wherever its code server is now. Used by one thread at a time."""

    def __init__(self, storage: Storage, address: Callable[[], str | None]) -> None:
        """`address` is where the code server is (`unix:/path` or `host:port`), None while Shipline does not run. Nothing is asked yet."""
        self._storage, self._address = storage, address
        self._server: FollowedCodeServer | None = None

    def sensors(self) -> set[str]:
        """The names of the sensors that are defined. Raises CodeServerUnavailable, and StorageUnavailable before the
        storage was ever opened.
        """
        if self._server is None:
            self._server = FollowedCodeServer(self._storage.instance(), self._address)
        return self._server.get().sensors()

    def close(self) -> None:
        """End the connection."""
        if self._server is not None:
            self._server.close()
