"""Git login: an app's repository for `git` itself, with the app's login to GitHub where it has one."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pipeline_defs.config.app import App
from pipeline_defs.config.github_settings import is_full_name
from pipeline_defs.github.api.github_errors import GitHubError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.repository_url import origin_of, url_of
from pipeline_defs.resources.source_errors import SourceError


def source_of(app: App, workspace: Path) -> Source:
    """The app's source; nothing is fetched yet, but a GitHub App asks for its token. Raises SourceError where there is none.

    The login is for GitHub's own host: a repository that is elsewhere, or is reached by SSH, is read without it.
    """
    if app.github is None:
        return Source(app.repository, workspace)
    web = web_of(app.github.api)
    repository = app.repository
    if is_full_name(repository) and origin_of(url_of(repository)) != web:
        repository = f"{web}/{repository.removesuffix('.git')}.git"
    if origin_of(url_of(repository)) != web:
        return Source(repository, workspace)
    from pipeline_defs.github.api.open_repositories import open_repository

    try:
        return Source(repository, workspace, open_repository(app).token())
    except GitHubError as error:
        raise SourceError(str(error)) from None


def web_of(api: str) -> str:
    """Where the repositories are that an API tells of: `https://api.github.com` tells of `https://github.com`.

    GitHub Enterprise Server's API is at `/api/v3` of the same host, that of GHE.com at `api.` before it, as GitHub's own is.
    """
    path = urlsplit(api).path.rstrip("/")
    origin = origin_of(api)
    return origin if path else re.sub(r"^(https?://)api\.", r"\1", origin)
