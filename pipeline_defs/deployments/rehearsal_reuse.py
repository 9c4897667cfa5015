"""Rehearsal reuse: the rehearsal of a pull request in place of that of its merge, where nothing has changed that it rests on."""

import hashlib
from collections.abc import Iterator

from pipeline_defs.config import App, SecretUnavailable
from pipeline_defs.deployments.protocols import Place, Recording
from pipeline_defs.deployments.task_factory import Content, configuration_of_pull
from pipeline_defs.release.records import Ground, Image, Rehearsal
from pipeline_defs.release.rehearsal_match import stands_for
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.production_state import production_state


def ground_of_pull(place: Place, image: Image, content: Content, source: Source, server: Runner) -> Ground | None:
    """What the rehearsal of a pull request rests on, as one of its merge would; None where it cannot stand for that.

    `place` is where merges are rehearsed; `content` is what is rehearsed of the pull request.
    """
    config = place.site.config
    sanitize = config.sanitize.path if config.sanitize else ""
    try:
        if sanitize and content.files[sanitize] != source.read_file(image.commit, sanitize).encode():
            return None  # it is the base branch's that was used
        return _ground(place, configuration_of_pull(place.site, image.commit, source), server)
    except (SecretUnavailable, EngineError, SourceError):
        return None


def earlier_rehearsal(
    place: Place, image: Image, content: Content, run: Recording, source: Source, server: Runner
) -> Rehearsal | None:
    """The rehearsal of the pull request whose merge made this image, where it stands for the merge's own; None where none does."""
    app, config = place.app, place.site.config
    if (
        app.stage.pulls == "off"
        or not image.pull
        or config.keep_running
        or config.hooks.given
        or content.release is None
    ):
        return None  # that of a pull request runs no hooks
    found = run.lineage.pull_rehearsals(app, image.pull)
    if not found:
        return None
    now = _ground(place, content.release.configuration, server)
    attempts = run.lineage.deployments(app, config.rehearses or "")
    last = max((each.id for each in attempts), default="")
    return next(
        (
            row
            for row in found
            if stands_for(
                row, now, changed=list(_changed(app, row.release.commit, image.commit, source)), last_attempt=last
            )
        ),
        None,
    )


def _ground(place: Place, configuration: str, server: Runner) -> Ground:
    site = place.site
    production = Site.of(place.app, site.config.rehearses or "")
    said = (configuration, site.config.model_dump_json(), production.config.model_dump_json())
    release, revision = production_state(production, server)
    return Ground(
        production=release, revision=revision, configuration=hashlib.sha256("\n".join(said).encode()).hexdigest()
    )


def _changed(app: App, rehearsed: str, merged: str, source: Source) -> Iterator[str]:
    """The files in which two commits differ, without the version that Shipline itself has raised; a word where git cannot tell."""
    try:
        told = source.ask(
            "diff", "--name-only", "--no-renames", "-z", rehearsed, merged, "--", about=(rehearsed, merged)
        )
    except SourceError:
        yield "unknown"
        return
    own = app.version_file if app.versioning == "automatic" else ""
    yield from (name for name in told.stdout.split("\0") if name and name != own)
    if not told.ok:
        yield "unknown"
