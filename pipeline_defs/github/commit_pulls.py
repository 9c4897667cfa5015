"""Commit pulls: the pull requests that commits belong to, as GitHub knows them."""

from collections.abc import Sequence

from pipeline_defs.config import App
from pipeline_defs.github.api import GitHubError, open_repository
from pipeline_defs.release.deployed_changes import pull_numbers
from pipeline_defs.release.records import Image
from pipeline_defs.release.undeployed_changes import CommitLine, PullLine

_MOST_PULLS = 50  # of which GitHub is asked: each costs two questions


def pulls_among(
    app: App, commits: Sequence[CommitLine], images: Sequence[Image]
) -> tuple[tuple[PullLine, ...], list[str]]:
    """The pull requests that commits belong to, with what GitHub knows of them; and a sentence where it did not tell."""
    known = {image.commit: image.pull for image in images if image.pull and not image.untrusted}
    of_images = [known[commit.id] for commit in commits if commit.id in known]
    numbers = list(dict.fromkeys([*pull_numbers(commit.subject for commit in commits), *of_images]))
    plain = tuple(PullLine(number=number) for number in numbers)
    if app.github is None or not numbers:
        return plain, []
    try:
        told = [_pull(app, number) for number in numbers[:_MOST_PULLS]]
    except GitHubError as error:
        return plain, [f"GitHub did not tell about the pull requests: {error}"]
    return (*told, *plain[_MOST_PULLS:]), []


def _pull(app: App, number: int) -> PullLine:
    repository = open_repository(app)
    pull = repository.pull(number)
    if pull is None:
        return PullLine(number=number)
    return PullLine(number=number, title=pull.title, issues=tuple(repository.closing_issues(pull)))
