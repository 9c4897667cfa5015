"""Release notes: what a deployment brought, as the notes of its release and as word to those concerned. Pure."""

from collections.abc import Iterator

from pipeline_defs.config import App
from pipeline_defs.github.reports.report_items import IssueComment, Published
from pipeline_defs.github.reports.shipped_changes import Shipped
from pipeline_defs.release.markdown import code, link, plain
from pipeline_defs.release.tags import git_tag

MOST_COMMITS = 50
"""Commits without a pull request that are named."""


def published(app: App, shipped: Shipped) -> Published:
    """The version's tag and release, with notes since the deployment before."""
    release = shipped.row.release
    images = ("", f"Image{'s' if release.images else ''}: {', '.join(map(code, release.references))}")
    lines = [*_range(shipped), *_pulls(shipped), *_commits(shipped), *images]
    return Published(git_tag(release.version), release.commit, f"{app.name} {release.version}", "\n".join(lines))


def words(app: App, shipped: Shipped) -> list[IssueComment]:
    """Word to each pull request, and to each issue that one of them closes. Of the same version it is said once for ever."""
    row = shipped.row
    marker = f"shipline:{app.name}:{row.release.version}:{row.environment}".replace("--", "-")
    url = app.environments[row.environment].url
    where = link(row.environment, url or "")
    body = f"This is in {where} since {app.name} {row.release.version} (commit {row.release.commit})."
    return [IssueComment(number, marker, body) for number in dict.fromkeys((*shipped.numbers, *shipped.issues))]


def _range(shipped: Shipped) -> Iterator[str]:
    previous = shipped.row.previous
    if previous is None:
        yield f"The first deployment to {shipped.row.environment}."
    elif shipped.comparison is None:
        yield f"Since {previous.version}, whose commit {previous.commit} cannot be compared with this one any more."
    else:
        yield f"Since {previous.version} (commit {previous.commit}), which ran in {shipped.row.environment} before."


def _pulls(shipped: Shipped) -> Iterator[str]:
    if shipped.pulls:
        yield from ("", "### Changes", "")
    for pull, issues in shipped.pulls:
        fixes = f", fixes {', '.join(f'#{number}' for number in issues)}" if issues else ""
        yield f"- {plain(pull.title)} (#{pull.number}) by {plain(pull.author) or 'a deleted account'}{fixes}"


def _commits(shipped: Shipped) -> Iterator[str]:
    """What reached the branch without a pull request, and what there was too much of to be looked up."""
    if shipped.direct:
        yield from ("", "### Commits without a pull request", "")
        shown = shipped.direct[-MOST_COMMITS:]
        yield from (f"- {commit.id} {plain(commit.subject)} ({plain(commit.author)})" for commit in shown)
    if shipped.not_looked_up:
        yield from ("", f"The range has {shipped.not_looked_up} more commits.")
