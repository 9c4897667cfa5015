"""Web links: where people see an app's commits and pull requests."""

import re
from urllib.parse import urlsplit

from pipeline_defs.config.app import App

_PUBLIC = "https://github.com"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def repository_page(app: App) -> str:
    """The repository's page on GitHub, without a slash at its end; empty where it is elsewhere."""
    if app.full_name is None:
        return ""
    api = urlsplit(app.github.api) if app.github else urlsplit("https://api.github.com")
    # GitHub Enterprise has its API below its own address, github.com has it beside.
    site = _PUBLIC if api.netloc == "api.github.com" else f"{api.scheme}://{api.netloc}"
    return f"{site}/{app.full_name}"


def commit_page(app: App, commit: str) -> str:
    """The page of a commit; empty where there is none."""
    page = repository_page(app)
    return f"{page}/commit/{commit}" if page and _COMMIT.fullmatch(commit) else ""


def pull_page(app: App, number: int) -> str:
    """The page of a pull request; empty where there is none, or the number is 0."""
    page = repository_page(app)
    return f"{page}/pull/{number}" if page and number else ""
