"""Server trial: the files of a commit, rendered on a real server with the real variables, in a folder that is gone afterwards."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pipeline_defs.config import App, Host, Secret
from pipeline_defs.config.secret_file import hidden_in
from pipeline_defs.doctor.finding import Finding, Level, broken, good, warning
from pipeline_defs.doctor.release_to_be import release_to_be
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.compose.bundle import elsewhere, install, secret_files
from pipeline_defs.server.compose.compose_commands import compose
from pipeline_defs.server.compose.rendered_compose import RenderedCompose, read_rendered, render
from pipeline_defs.server.compose_rules import problems
from pipeline_defs.server.compose_rules.preflight import seek_images
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.command import ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.health.listening_ports import asked_port
from pipeline_defs.server.rehearsal.isolation_check import ask_other_projects, clashes, read_other_projects
from pipeline_defs.server.state.facts import inspect_site, lacking

_SECONDS = 120
_PREFIX = "/tmp/shipline-doctor-"
_MAKE = 'umask 077; mkdir "$1"'
_REMOVE = f'case $1 in {_PREFIX}*) rm -rf "$1" ;; esac'


@dataclass
class Tried:
    """A commit on one host of an environment. `ports` are those that it would publish there, known once it was tried.

    `image_checks` says whether the Dockerfile has a HEALTHCHECK.
    """

    app: App
    environment: str
    host: Host
    commit: str
    version: str
    files: Mapping[str, bytes]
    settings: Mapping[str, str | Secret]
    login: Secret | None
    image_checks: bool
    ports: list[str] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """The environment on this host."""
        return Site.of(self.app, self.environment, self.host)

    @property
    def release(self) -> Release:
        """What would be deployed, of an image that nobody has built yet."""
        return release_to_be(self.app, self.commit, self.version)

    @property
    def hidden(self) -> list[Secret]:
        """What must not be heard."""
        files = [part for file in secret_files(self.settings).values() for part in hidden_in(file)]
        return [value for value in (*self.settings.values(), *files, self.login) if isinstance(value, Secret)]


def tried(given: Tried, about: str) -> Iterator[Finding]:
    """What the server says of the files. A server that is not reached or lacks something is told by the look at it."""
    site = given.site
    connection = Connection(given.host, given.hidden)
    folder = f"{_PREFIX}{secrets.token_hex(8)}"
    files, there = elsewhere(given.files, site, PurePosixPath(folder))
    given = replace(given, files=files)
    try:
        facts = inspect_site(site, connection)
        if lacking(site, facts):
            return
        try:
            yield from _rendered(given, connection, there, facts.compose, about)
        finally:
            connection.run(script(_REMOVE, folder, says="remove what was tried"), timeout=_SECONDS)
    except ServerError:
        return
    finally:
        connection.close()


def _rendered(
    given: Tried, connection: Connection, there: Site, program: tuple[str, ...], about: str
) -> Iterator[Finding]:
    site, release, what = given.site, given.release, f"{given.environment}: compose file"
    make = script(_MAKE, there.path(), says="make a folder for what is tried")
    for command in (make, install(there, release, given.files, given.settings)):
        done = connection.run(command, timeout=_SECONDS)
        if not done.ok:
            yield broken(about, what, f"{site}: it cannot be tried ({why(done)})", "give /tmp on the server some room")
            return
    place = there.folder(release)
    said = connection.run(render(there, program, place), timeout=_SECONDS)
    text = said.stdout.replace(there.path(), site.path())
    found = read_rendered(text, site, given.files)
    told = problems(found, site, release.repository, several=release.images)
    if site.config.rehearses and found.model:
        told.refuse(_shared(given, connection, there, program))
    yield from (broken(about, what, f"{site.config.compose}: {sentence}") for sentence in told.refusals)
    yield from (Finding(about, what, Level.WARNING, f"{site.config.compose}: {note}") for note in told.notes)
    if not told.refusals:
        yield good(about, what, f"{site.config.compose} can run on {given.host}")
    yield from _images(given, connection, there, program, about)
    if found.model:
        given.ports += [str(n) for each in active(found.model, site) for port in each.ports for n in port.numbers()]
        yield from _health(given, found, about)


def _shared(given: Tried, connection: Connection, there: Site, program: tuple[str, ...]) -> list[str]:
    """What a rehearsal would share with the environment that it rehearses."""
    rehearsed = Site.of(given.app, given.site.config.rehearses or "")
    others = connection.run(ask_other_projects(given.site), timeout=_SECONDS)
    place = there.folder(given.release)
    config = connection.run(compose(there, program, place, "config", says="what would it share?"), timeout=_SECONDS)
    if not (others.ok and config.ok):
        return []
    text = config.stdout.replace(there.path(), given.site.path())
    found = clashes(given.site, text, read_other_projects(others.stdout, rehearsed))
    return [f"it would share with {rehearsed.environment} or others {each}; name another one" for each in found]


def _images(
    given: Tried, connection: Connection, there: Site, program: tuple[str, ...], about: str
) -> Iterator[Finding]:
    """Are the images that run beside the app on the server, or can they be pulled?"""
    what, place = f"{given.environment}: images", there.folder(given.release)
    said = connection.run(seek_images(there, program, place, given.release, given.login), timeout=_SECONDS * 5)
    missing = [line.removeprefix("missing ") for line in said.stdout.splitlines() if line.startswith("missing ")]
    for line in missing:
        image, _, reason = line.partition(" ")
        says = f"{image} is not on {given.host} and cannot be pulled there ({reason})"
        yield broken(about, what, says, "see whether its name is right, and whether that server reaches its registry")
    if said.ok and not missing:
        yield good(about, what, f"those beside the app are on {given.host}, or can be pulled")


def _health(given: Tried, found: RenderedCompose, about: str) -> Iterator[Finding]:
    """Does anything say when the app's main service may be used?"""
    assert found.model is not None
    main = found.model.services.get(given.site.config.service)
    if main is None or main.healthcheck or (main.healthcheck is None and given.image_checks):
        return
    config, published = given.site.config, [port.target for port in main.ports if port.protocol == "tcp"]
    port = asked_port(given.site) or next(iter(published), "")
    if config.route:
        says = f"neither Dockerfile nor compose file has a health check; it is healthy once it answers {config.route.health}"
    elif port:
        says = f"neither Dockerfile nor compose file has a health check; TCP on port {port} is used"
    else:
        says = "neither Dockerfile nor compose file has a health check; it is healthy once it has run for two seconds"
    yield warning(about, f"{given.environment}: health", says, "write a HEALTHCHECK into the Dockerfile")
