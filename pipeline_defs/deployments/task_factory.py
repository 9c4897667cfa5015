"""Task factory: everything a server's procedure needs, gathered from the app's file, the release's commit and the secrets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline_defs.config import App, Secret, SecretUnavailable
from pipeline_defs.config.pull_place import PullEnvironment
from pipeline_defs.config.secret_file import hidden_in
from pipeline_defs.deployments.protocols import Outside, Place, Recording, Telling
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image, Release
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.resources.isolation import untrusted_checkout
from pipeline_defs.resources.published_images import platforms_of_each
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.compose.bundle import FILE, configuration_hash, secret_files
from pipeline_defs.server.compose.site_settings import Settings, settings_of
from pipeline_defs.server.core.command import Listener, Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.database import Address
from pipeline_defs.server.fleet.member import Line

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


@dataclass(frozen=True)
class Content:
    """What a release consists of: the files of its commit, by their path in the repository, and the environment's settings."""

    release: Release | None
    files: Mapping[str, bytes]
    settings: Settings


@dataclass(frozen=True)
class Asker:
    """Who a server is told that acts on it: the run, who asked for it, and how it is found out whether another run is still alive."""

    run: str
    actor: str
    alive: Callable[[str], bool | None]
    say: Callable[[str], None]
    listen: Listener = lambda line: None


def make_task(
    id: str,
    place: Place,
    asker: Asker,
    content: Content | None = None,
    *,
    registry: "Registry | None" = None,
    files_at: Callable[[str], Mapping[str, bytes] | None] | None = None,
) -> Task:
    """The task of an attempt with this id, the only place where one is made.

    Without `content` nothing is installed, and no secret of the app is read. `registry` is the one that servers pull from.
    Raises SecretUnavailable.
    """
    return Task(
        id=id,
        app=place.app,
        environment=place.environment,
        release=content.release if content else None,
        files=content.files if content else {},
        settings=content.settings if content else {},
        registry_login=registry.docker_config() if registry else None,
        run=asker.run,
        actor=asker.actor,
        alive=asker.alive,
        say=asker.say,
        listen=asker.listen,
        addresses=_addresses_of(place.app) if content else {},
        files_at=files_at,
    )


def attempt_task(
    id: str, place: Place, content: Content, run: Recording, tell: Telling, registry: "Registry", outside: Outside
) -> Task:
    """The task of a rehearsal, deployment or rollback that is carried out."""
    asker = Asker(run.id, run.actor, run.lineage.lives, tell.say, tell.listen)
    at = _files_at(place.site, partial(outside.source.of, place.app), tell)
    task = make_task(id, place, asker, content, registry=registry, files_at=at)
    variables = {name: value for name, value in task.settings.items() if not name.startswith(FILE)}
    return replace(task, here=HookRunner(variables, _hidden(task)))


def files_of(site: Site, commit: str, source: Source, settings: Settings | None = None) -> dict[str, bytes]:
    """The files of a commit that a release of this site consists of, by their path in the repository. Raises EngineError."""
    settings = settings_of(site) if settings is None else settings
    if isinstance(site.config, PullEnvironment):
        return _files_of_pull(site, site.config, commit, source, settings)
    with source.checkout(commit) as checkout:
        return release_files(site, checkout, settings)


def _files_of_pull(
    site: Site, config: PullEnvironment, commit: str, source: Source, settings: Settings
) -> dict[str, bytes]:
    """The same where a pull request is rehearsed. The copy is made harmless as the base branch says."""
    with untrusted_checkout(source, commit) as checkout:
        files = release_files(site, checkout, settings)
    if config.sanitize is not None:
        base = source.resolve(config.base)
        files[config.sanitize.path] = source.read_file(base, config.sanitize.path).encode()
    return files


def configuration_of_pull(site: Site, commit: str, source: Source) -> str:
    """The configuration that a release of a pull request's head would have where merges are rehearsed.

    Raises EngineError, SourceError and SecretUnavailable.
    """
    if site.config.secret_files:
        raise SecretUnavailable(f"secret files of {site.environment} are not laid beside the files of a pull request")
    settings = settings_of(site)
    with untrusted_checkout(source, commit) as checkout:
        return configuration_hash(site, release_files(site, checkout, settings), settings)


def content_of(site: Site, image: Image | Release, source: Source) -> tuple[Release, Content]:
    """The release that an image is in this environment now, with its files and settings. Raises EngineError and SourceError."""
    settings = settings_of(site)
    files = files_of(site, image.commit, source, settings)
    release = release_for(site, image, files, settings)
    return release, Content(release, files, settings)


def release_for(site: Site, image: Image | Release, files: Mapping[str, bytes], settings: Settings) -> Release:
    """The release that an image is in this environment: frozen together with the hash of its configuration."""
    return Release(
        app=image.app,
        version=image.version,
        repository=image.repository,
        digest=image.digest,
        commit=image.commit,
        configuration=configuration_hash(site, files, settings),
        images=tuple(
            ReleasedImage(name=each.name, repository=each.repository, digest=each.digest) for each in image.images
        ),
    )


@contextmanager
def server_of(ssh: SshResource, task: Task) -> Iterator[Runner]:
    """The connection to the task's server, of several to the first. What is secret in the task is masked in all that is heard from it."""
    with ssh.connect(task.site.config.host, _hidden(task)) as server:
        yield server


@contextmanager
def servers_of(ssh: SshResource, task: Task, *, all_there: bool = True) -> Iterator[Sequence[Line]]:
    """The connections to all servers of the task's environment, in the order of its hosts.

    Raises Unreachable for one that does not answer, unless `all_there` is false. Secrets are masked as by `server_of`.
    """
    with ssh.connect_each(task.site.config.hosts, _hidden(task), all_there=all_there) as servers:
        yield servers


def platforms_of(registry: "Registry", release: Release, tell: Telling) -> tuple[str, ...]:
    """What the image was built for; a registry that does not answer keeps nobody from using an image that the server has."""
    try:
        return platforms_of_each(registry, release.digest, release.images)
    except RegistryError as error:
        tell.say(f"the image's platform is not checked: {error}")
        return ()


def _hidden(task: Task) -> list[Secret]:
    """What must not be heard."""
    files = (part for file in secret_files(task.settings).values() for part in hidden_in(file))
    values = (*task.settings.values(), *files, *_addresses(task), *_keys(task), task.registry_login)
    return [value for value in values if isinstance(value, Secret)]


def _addresses_of(app: App) -> dict[str, Secret]:
    """The URLs of the databases that are no container, by environment. Raises SecretUnavailable."""
    databases = {name: each.database for name, each in app.environments.items()}
    return {name: each.url.read() for name, each in databases.items() if each and each.url}


def _addresses(task: Task) -> Iterator[Secret]:
    """What must not be heard: the URLs, and the passwords in them, which the clients print in other ways."""
    for url in task.addresses.values():
        yield url
        with suppress(ValueError):
            yield Address.parse(url).password


def _keys(task: Task) -> Iterator[Secret]:
    """The private key of a route's certificate, and what people log in to a preview with."""
    config = task.site.config
    preview = config.preview if isinstance(config, PullEnvironment) else None
    if preview is not None:
        yield preview.read_password()
    route = preview.route(0) if preview else config.route
    if route is not None and route.certificate is not None:
        yield route.certificate.key.read()


def _files_at(site: Site, source: Callable[[], Source], tell: Telling) -> Callable[[str], Mapping[str, bytes] | None]:
    """The files of another commit; None where git or the commit has them not. `source` is opened only when they are asked for."""

    def files(commit: str) -> Mapping[str, bytes] | None:
        try:
            return files_of(site, commit, source())
        except (SourceError, EngineError) as error:
            tell.say(str(error))
            return None

    return files
