"""SSH: the door to the servers, apart from the connection itself: paramiko is imported by who connects, not by every run."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dagster import ConfigurableResource

from pipeline_defs.config.environment import Host
from pipeline_defs.config.secret import Secret

if TYPE_CHECKING:
    from pipeline_defs.resources.connection import Connection


class SshResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to the servers."""

    @contextmanager
    def connect(self, host: Host, secrets: Collection[Secret] = ()) -> "Iterator[Connection]":
        """A connection that stands when the block begins and is closed when it ends. Raises Unreachable."""
        from pipeline_defs.resources.connection import Connection

        connection = Connection(host, secrets)
        try:
            connection.open()
            yield connection
        finally:
            connection.close()
