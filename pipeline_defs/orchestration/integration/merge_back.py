"""Merge back: main's version into development, so that the next merge the other way has nothing to settle."""

from typing import TYPE_CHECKING

from pipeline_defs.config import App
from pipeline_defs.deployments.stage_log import Log
from pipeline_defs.github.api import GitHubError
from pipeline_defs.release.shipline_commits import level_message, merge_message
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError

if TYPE_CHECKING:
    from pipeline_defs.github.api import Repository


def merge_back(app: App, repository: "Repository", source: Source, commit: str, version: Version, log: Log) -> None:
    """Merge main's commit with its version into development. It never fails the run: main has what it needs.

    Where both branches got a version meanwhile, the two numbers conflict. Then development is given main's number first: what
    is the same on both sides does not.
    """
    main, development = app.branches.main, app.branches.development

    def merge() -> str | None:
        return repository.merge_into(development, commit, merge_message(main, development, commit))

    try:
        try:
            made = merge()
        except GitHubError:
            if not _level(app, repository, source, commit, version):
                raise
            made = merge()
    except (GitHubError, SourceError) as error:
        log.say(f"{main} is not merged back into {development}: {error}")
        return
    log.say(
        f"{main} is merged back into {development}: {made}" if made else f"{development} has version {version} already"
    )


def _level(app: App, repository: "Repository", source: Source, commit: str, version: Version) -> bool:
    """Give development main's number, if that is the greater one. True where that was done."""
    development = app.branches.development
    at = repository.head(development)
    if at is None:
        return False
    try:
        theirs = Version.parse(source.read_file(at, app.version_file))
    except VersionError:
        return False
    if theirs >= version:
        return False
    repository.commit_file(development, at, app.version_file, f"{version}\n", level_message(version, commit))
    return True
