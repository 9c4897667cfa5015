"""Host: a server that an environment runs on, and how several of them make one environment."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from pipeline_defs.config.config_errors import Mistake, mistake
from pipeline_defs.config.machine import Machine
from pipeline_defs.config.route import Router
from pipeline_defs.config.value_types import Service

PLACEHOLDER = "server.example.org"
"""Stands for a server in what `shipline init` writes, since no repository knows it."""


class Host(Machine):
    """A server that is reached over SSH. Written as a mapping, or short as `user@address:port`."""

    roles: tuple[Service, ...] = Field(
        default=(),
        description="which of `service` and `also` run here; none: all of them. The first host needs `service`",
    )
    router: Router = Field(default=Router(), description="the router of this server, the same for all apps there")

    def runs(self, service: str) -> bool:
        """Whether a service of the app runs here."""
        return not self.roles or service in self.roles


def wrong_hosts(
    hosts: Sequence[Host], services: Sequence[str], *, rehearses: str | None, database: str | None
) -> Iterator[Mistake]:
    """What keeps hosts from making one environment.

    Args:
        services: those of the app's image, the main one first.
        rehearses: the environment whose database is copied here.
        database: the service that is the database, where it is a container.
    """
    for number, host in enumerate(hosts):
        where = ("hosts", number)
        if any(host.place == other.place for other in hosts[:number]):
            yield mistake(*where, found=str(host), allowed="each host once")
        for role in host.roles:
            if role not in services:
                yield mistake(
                    *where, "roles", found=role, allowed=f"services of the app's image: {', '.join(services)}"
                )
    if not hosts[0].runs(services[0]):
        allowed = f"{services[0]} among them, since the first host goes before the others, migrates and is tested"
        yield mistake("hosts", 0, "roles", found=", ".join(hosts[0].roles), allowed=allowed)
    for service in services[1:]:
        if not any(host.runs(service) for host in hosts):
            yield mistake("hosts", found=f"no host with the role {service}", allowed="one at least for each service")
    if len(hosts) > 1 and rehearses:
        allowed = f"one host, the first one of {rehearses}: a rehearsal needs no more"
        yield mistake("hosts", found=", ".join(map(str, hosts)), allowed=allowed)
    elif len(hosts) > 1 and database:
        allowed = "the url of a database that every host reaches: containers of one host are not seen by the others"
        yield mistake("database", found=f"the service {database}", allowed=allowed)
