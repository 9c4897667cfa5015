"""Offline compose: an app's compose files rendered on this machine, without a server: what can be said of them, and of the
collections beside them, before one is asked.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pipeline_defs.config import App, Secret
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.doctor.collection_checks import writing_unasked
from pipeline_defs.doctor.release_to_be import release_to_be
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.release.postman import CollectionError
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.compose_test_file import compose_program
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.server.compose.bundle import FILE, elsewhere, install
from pipeline_defs.server.compose.rendered_compose import read_rendered, render
from pipeline_defs.server.compose_rules import problems
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site

_SECONDS = 60
_SECRET = "a-secret"  # stands for one: only whether it is set counts here


@dataclass
class Rendered:
    """What was found in the compose files of an app at one commit, a sentence each. `missed` says why they were not looked at."""

    commit: str = ""
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missed: str = ""


def rendered(app: App, workspace: Path) -> Rendered:
    """Render the compose files of the head of the main branch, or of the development branch where there is none, and look at the version.

    What else a server has, such as ports that are taken, is not looked at.
    """
    try:
        source = source_of(app, workspace)
        heads = source.heads(app.branches.shipping)
        commit = heads.get(app.branches.main) or heads.get(app.branches.development)
        if commit is None:
            return Rendered(missed=f"{app.repository} has no branch {' or '.join(app.branches.shipping)} yet")
        with source.checkout(commit, plain=True) as checkout:
            found = in_folder(app, checkout, commit)
            found.refusals[:0] = _version(app, checkout)
            return found
    except SourceError as error:
        return Rendered(missed=str(error))


def _version(app: App, folder: Path) -> Iterator[str]:
    """What is wrong with the version file, where there is to be one."""
    if app.versioning == "tags":
        return
    try:
        Version.parse(inside(folder, app.version_file, "version_file").read_text(errors="replace"))
    except EngineError as error:
        yield f"{error}; write one: echo 0.1.0 >{app.version_file}"
    except VersionError as error:
        yield f"{app.version_file}: {error}; write three numbers, such as 0.1.0"


def in_folder(app: App, folder: Path, commit: str = "") -> Rendered:
    """Render the compose files of a folder with the repository's files."""
    found = Rendered(commit)
    try:
        program = compose_program()
        for environment in app.environments:
            for sentence, refused in _problems(app, environment, commit, folder, program):
                (found.refusals if refused else found.notes).append(f"{environment}: {sentence}")
    except (EngineError, ServerError) as error:
        return Rendered(missed=str(error))
    return found


def _problems(
    app: App, environment: str, commit: str, checkout: Path, program: tuple[str, ...]
) -> Iterator[tuple[str, bool]]:
    """Each sentence about an environment's compose file, and whether it is refused for it."""
    site = Site.of(app, environment)
    config = site.config
    hidden = {f"{FILE}{PurePosixPath(path)}": Secret("") for path in config.secret_files}
    settings: dict[str, str | Secret] = {**config.environment, **dict.fromkeys(config.secrets, _SECRET), **hidden}
    try:
        files = release_files(site, checkout, settings)
    except EngineError as error:
        yield str(error), True
        return
    yield from _collections(site, files)
    release = release_to_be(app, commit)
    runner = LocalRunner(environment=plain_environment())
    with tempfile.TemporaryDirectory(prefix="shipline-check-") as folder:
        moved, there = elsewhere(files, site, PurePosixPath(folder, "site"))
        for command in (
            install(there, release, moved, settings),
            render(there, program, there.folder(release), around=False),
        ):
            said = runner.run(command, timeout=_SECONDS)
            if not said.ok:
                raise ServerError(f"the compose file of {environment} cannot be rendered here: {why(said)}")
        text = said.stdout.replace(there.path(), site.path())
    found = problems(replace(read_rendered(text, site, files), around=None), site, app.image, several=release.images)
    yield from ((f"{site.config.compose}: {each}", True) for each in found.refusals)
    yield from ((f"{site.config.compose}: {each}", False) for each in found.notes)


def _collections(site: Site, files: Mapping[str, bytes]) -> Iterator[tuple[str, bool]]:
    """A note for each collection that changes data where it may not have been meant to."""
    try:
        yield from ((each, False) for each in writing_unasked(site, files))
    except CollectionError as error:
        yield str(error), True
