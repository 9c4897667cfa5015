"""Repository URL: where an app's repository is, as git is told."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pipeline_defs.config.github_settings import is_full_name
from pipeline_defs.config.home import PROJECT
from pipeline_defs.resources.source_errors import SourceError


def url_of(repository: str) -> str:
    """The address that git is given. Raises SourceError for one that holds a password."""
    if is_full_name(repository):
        return f"https://github.com/{repository.removesuffix('.git')}.git"
    if "://" in repository:
        if urlsplit(repository).password is not None:
            raise SourceError(
                f"the repository's URL at {urlsplit(repository).hostname} holds a password, which would be shown in "
                "logs; leave it out and use an SSH key or a git credential helper"
            )
        return repository
    if re.match(r"[^/]+:", repository):  # user@host:path
        return repository
    return str((PROJECT / Path(repository).expanduser()).resolve())


def origin_of(url: str) -> str:
    """Where an http or https URL leads, such as `https://github.com`; empty for every other address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
