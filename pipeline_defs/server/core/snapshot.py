"""Snapshot: what is true of a site on its server at one moment: containers, volumes, the link `current`, and the route."""

from dataclasses import dataclass, field

from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.site import Site

SECONDS = 60
_UP = ("running", "restarting", "paused")

# One line each, its fields parted by tabs, since some may be empty. A container that goes away between the two calls fails the second.
# What uses the network, processes or volumes of another container has that one's id in its hash: it says nothing of the service.
SNAPSHOT = r"""
snapshot() { # project, root, file of a rollback's note, whether it has a route
  ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False) || return 1
  [ -z "$ids" ] || docker inspect -f '{{"container"}}{{"\t"}}{{.Id}}{{"\t"}}{{.Name}}{{"\t"}}{{.Image}}{{"\t"}}{{.State.Status}}{{
    "\t"}}{{.State.ExitCode}}{{"\t"}}{{index .Config.Labels "com.docker.compose.service"}}{{
    "\t"}}{{$used := printf "%.10s %.10s %.10s" .HostConfig.NetworkMode .HostConfig.PidMode .HostConfig.IpcMode}}{{
    if or .HostConfig.VolumesFrom (ne (len (split $used "container:")) 1)}}shares{{
    else}}{{index .Config.Labels "com.docker.compose.config-hash"}}{{end}}' $ids || return 1
  volumes=$(docker volume ls -q --filter "label=com.docker.compose.project=$1") || return 1
  [ -z "$volumes" ] || docker volume inspect -f '{{"volume"}}{{"\t"}}{{.Name}}{{"\t"}}{{.CreatedAt}}' $volumes || return 1
  [ ! -e "$2/current" ] || printf 'current\t%s\n' "$(readlink -f "$2/current")"
  [ ! -f "$2/$3" ] || printf 'note\t%s\n' "$(sed -n 1p "$2/$3")"
  [ -z "$4" ] || printf 'route\t%s\n' "$(docker exec shipline-router sh -c \
    'cd /router; cat plain/[12]-"$1" secure/[12]-"$1" inner/[12]-"$1" 2>/dev/null | tr -d "\n"' route "$1" 2>/dev/null)"
}
"""
"""A shell function that prints what `read_snapshot` reads, and fails where the Engine does not tell all of it."""

_ASK = SNAPSHOT + 'snapshot "$@"'

UNFINISHED = "going-back"
"""The file that says what a rollback has done to the database. It counts as long as `current` is what it was then."""


@dataclass(frozen=True)
class Container:
    """A container of the site's compose project, without those of `docker compose run`. `status` is the exit status, "0" while it runs."""

    id: str
    name: str
    image: str
    state: str
    status: str
    service: str
    hash: str

    @property
    def up(self) -> bool:
        """Whether it runs, or is about to run again."""
        return self.state in _UP

    @property
    def ended_well(self) -> bool:
        """Whether it ended by itself, with the exit status 0."""
        return self.state == "exited" and self.status == "0"

    @property
    def kind(self) -> tuple[str, str, str]:
        """What another container may have in common with it: service, image, and the hash of its configuration."""
        return (self.service, self.image, self.hash)


@dataclass(frozen=True)
class Snapshot:
    """What was true of a site at one moment.

    Attributes:
        volumes: when each volume of the project was made, by its name.
        current: the folder that the link `current` leads to, empty for none.
        note: what an unfinished rollback has written down, empty for nothing.
        route: what the router passes requests on to, as its own configuration; empty without a route.
    """

    containers: tuple[Container, ...] = ()
    volumes: dict[str, str] = field(default_factory=dict)
    current: str = ""
    note: str = ""
    route: str = ""

    def of(self, service: str) -> tuple[Container, ...]:
        """The containers of a service."""
        return tuple(each for each in self.containers if each.service == service)

    def runs(self, service: str, configuration: str) -> bool:
        """Whether a service runs, and all of its containers are configured so, by the hash that Compose makes."""
        found = self.of(service)
        return bool(found) and all(each.up and each.hash == configuration for each in found)

    def done(self, service: str, configuration: str) -> bool:
        """Whether a service that ends by design has ended well, configured so."""
        found = self.of(service)
        return bool(found) and all(each.ended_well and each.hash == configuration for each in found)


def words(site: Site, note: str) -> tuple[str, ...]:
    """The arguments of the shell function; `note` is the file in which a rollback says what it has done."""
    return (site.project, site.path(), note, "yes" if site.config.route else "")


def snapshot_command(site: Site, note: str) -> Command:
    """Ask for a snapshot."""
    return script(_ASK, *words(site, note), says=f"what runs in {site.project}")


def take_snapshot(site: Site, server: Runner, note: str) -> Snapshot | None:
    """A snapshot as of now; None where the server does not tell."""
    try:
        result = server.run(snapshot_command(site, note), timeout=SECONDS)
    except ServerError:
        return None
    return read_snapshot(result.stdout) if result.ok else None


def read_snapshot(text: str) -> Snapshot:
    """The snapshot among the lines that a server printed; other lines are passed over."""
    lines = [line.split("\t") for line in text.splitlines()]
    said = {fields[0]: fields[1] for fields in lines if len(fields) == 2}
    return Snapshot(
        tuple(_container(fields[1:]) for fields in lines if fields[0] == "container" and len(fields) == 8),
        {fields[1]: fields[2] for fields in lines if fields[0] == "volume" and len(fields) == 3},
        said.get("current", ""),
        said.get("note", ""),
        said.get("route", ""),
    )


def write_snapshot(snapshot: Snapshot) -> str:
    """The lines that `read_snapshot` reads."""
    lines = [
        ["container", each.id, each.name, each.image, each.state, each.status, each.service, each.hash]
        for each in snapshot.containers
    ]
    lines += [["volume", name, made] for name, made in snapshot.volumes.items()]
    lines += [["current", snapshot.current], ["note", snapshot.note], ["route", snapshot.route]]
    return "".join("\t".join(fields) + "\n" for fields in lines)


def _container(fields: list[str]) -> Container:
    return Container(fields[0], fields[1].removeprefix("/"), *fields[2:])
