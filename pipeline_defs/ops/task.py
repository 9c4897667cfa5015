"""Task: everything a server's procedure needs, gathered from the app's file, the release's commit and the secrets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App, Secret
from pipeline_defs.ops.attempt import actor_of
from pipeline_defs.ops.log import Log
from pipeline_defs.release.records import Image, Release
from pipeline_defs.resources.source import Source
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.resources.tree import inside
from pipeline_defs.server.bundle import configuration_hash, needed_files
from pipeline_defs.server.command import Runner
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

Settings = Mapping[str, str | Secret]


def settings_of(site: Site) -> Settings:
    """The environment's variables and secrets. Raises SecretUnavailable."""
    return {**site.config.environment, **{name: secret.read() for name, secret in site.config.secrets.items()}}


def files_of(site: Site, commit: str, source: Source) -> dict[str, bytes]:
    """The files of a commit that a release of this site consists of, by their path in the repository."""
    key = f"environments.{site.environment}"
    with source.checkout(commit) as checkout:
        return {path: inside(checkout, path, key).read_bytes() for path in needed_files(site)}


def release_for(site: Site, image: Image | Release, files: Mapping[str, bytes], settings: Settings) -> Release:
    """The release that an image is in this environment: frozen together with the hash of its configuration."""
    return Release(
        app=image.app,
        version=image.version,
        repository=image.repository,
        digest=image.digest,
        commit=image.commit,
        configuration=configuration_hash(site, files, settings),
    )


@contextmanager
def server_of(ssh: SshResource, task: Task) -> Iterator[Runner]:
    """The connection to the task's server. What is secret in the task is masked in all that is heard from it."""
    hidden = [value for value in task.settings.values() if isinstance(value, Secret)]
    with ssh.connect(
        task.site.config.host, [*hidden, *([task.registry_login] if task.registry_login else [])]
    ) as server:
        yield server


def task_for(
    context: dg.OpExecutionContext,
    log: Log,
    id: str,
    app: App,
    site: Site,
    *,
    release: Release | None,
    files: Mapping[str, bytes],
    settings: Settings,
    registry: "Registry",
) -> Task:
    """The task of the attempt with this id."""

    def alive(run: str) -> bool:
        record = context.instance.get_run_by_id(run)
        return record is not None and not record.is_finished

    return Task(
        id=id,
        app=app,
        environment=site.environment,
        release=release,
        files=files,
        settings=settings,
        registry_login=registry.docker_config(),
        run=context.run_id,
        actor=actor_of(context.run.tags),
        alive=alive,
        say=log.say,
        listen=log.listen,
    )
