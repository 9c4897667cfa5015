"""SSH resource: the door to the servers, apart from the connection itself: paramiko is imported by who connects, not by every run."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dagster import ConfigurableResource

from pipeline_defs.config.host import Host
from pipeline_defs.config.secret import Secret

if TYPE_CHECKING:
    from pipeline_defs.resources.ssh_connection import Connection


class SshResource(ConfigurableResource):  # type: ignore[type-arg]
    """The door to the servers."""

    @contextmanager
    def connect(self, host: Host, secrets: Collection[Secret] = ()) -> "Iterator[Connection]":
        """A connection that stands when the block begins and is closed when it ends. Raises Unreachable."""
        from pipeline_defs.resources.ssh_connection import Connection

        connection = Connection(host, secrets)
        try:
            connection.open()
            yield connection
        finally:
            connection.close()

    @contextmanager
    def connect_each(
        self, hosts: Sequence[Host], secrets: Collection[Secret] = (), *, all_there: bool = True
    ) -> "Iterator[list[Connection]]":
        """A connection to each host, opened at the same time and closed when the block ends.

        Raises Unreachable for a host that does not answer; unless `all_there` is false: then its first command does.
        """
        from pipeline_defs.resources.ssh_connection import Connection

        connections = [Connection(host, secrets) for host in hosts]
        try:
            with ThreadPoolExecutor(len(hosts)) as pool:
                opening = [pool.submit(connection.open) for connection in connections]
            for each in opening if all_there else []:
                each.result()
            yield connections
        finally:
            for connection in connections:
                connection.close()
