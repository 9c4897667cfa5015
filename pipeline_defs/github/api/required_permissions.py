"""Required permissions: which of GitHub's permissions an app needs by what its file says, and what for."""

from collections.abc import Iterator

from pipeline_defs.config.app import App


def permissions_needed(app: App) -> dict[str, str]:
    """{permission: what for}, such as {"statuses: write": "report.statuses: …"}; none for an app without `github:`.

    Writing includes reading. The names are those of GitHub's settings, https://docs.github.com/en/rest/authentication.
    """
    needed: dict[str, str] = {}
    for permission, purpose in _purposes(app):
        needed[permission] = f"{needed[permission]}; {purpose}" if permission in needed else purpose
    reads = [name for name in needed if name.endswith(": read") and name.replace(": read", ": write") in needed]
    for read in reads:
        write = read.replace(": read", ": write")
        needed[write] = f"{needed.pop(read)}; {needed[write]}"
    return needed


def _purposes(app: App) -> Iterator[tuple[str, str]]:
    if app.github is None:
        return
    report = app.github.report
    yield "metadata: read", "to see the repository, and who may write to it"
    yield "contents: read", "to see branches, tags and commits, and to fetch them"
    yield "pull_requests: read", "to see pull requests, their comments and labels"
    if app.versioning == "automatic":
        yield "contents: write", "versioning: automatic, which commits the next version and merges"
    if report.releases:
        yield "contents: write", "report.releases: tags and releases"
    if report.statuses:
        yield "statuses: write", "report.statuses: a status for every stage"
    if report.deployments:
        yield "deployments: write", "report.deployments: deployments and their outcome"
    if report.comments:
        yield "pull_requests: write", "report.comments: the comment on each pull request"
    if report.issues:
        yield "issues: write", "report.issues: word to issues that are in production"
