"""New tags: the commit of a new tag is integrated, where the app wants that."""

from pipeline_defs.config import App
from pipeline_defs.github.api import Repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.release.change import Change, Trigger
from pipeline_defs.release.github_cursor import GitHubCursor


def poll_tags(app: App, repository: Repository, handled: GitHubCursor, claims: Claims) -> GitHubCursor:
    """Answer new tags, and tags that were moved. Those that are there at the first look are not new. Raises GitHubError.

    The tag of a release that Shipline made itself is no news: what it names is in production.
    """
    if app.github is None or not app.github.tags:
        return handled
    tags, known = repository.tags(handled.tags_known or None)
    if tags is None:
        return handled
    if handled.tags is not None:
        for tag, commit in tags.items():
            if handled.tags.get(tag) != commit and not claims.has_deployed(tag, commit):
                claims.run(Change(app=app.name, trigger=Trigger.TAG, commit=commit, branch=tag))
    return handled.model_copy(update={"tags": tags, "tags_known": known})
