"""Texts: the comment, the notes and the words, as items."""

from collections.abc import Callable, Sequence

from pipeline_defs.config import App
from pipeline_defs.reports.facts import RunFacts
from pipeline_defs.reports.items import Comment, Published, Word
from pipeline_defs.reports.shipped import Shipped


def comment(app: App, runs: Sequence[RunFacts], address: Callable[[str], str]) -> Comment:
    """The comment on a pull request, about all runs for its head."""
    return Comment(runs[-1].pull, f"shipline:{app.name}", "\n".join(f"{run.stages} {run.phase}" for run in runs))


def published(app: App, found: Shipped) -> Published:
    """The version's tag and release."""
    release = found.row.release
    return Published(f"v{release.version}", release.commit, f"{app.name} {release.version}", "notes")


def words(app: App, found: Shipped) -> list[Word]:
    """Word to the issues and pull requests of a deployment."""
    row = found.row
    marker = f"shipline:{app.name}:{row.release.version}:{row.environment}"
    return [
        Word(number, marker, "in production") for number in (*found.issues, *(pull.number for pull, _ in found.pulls))
    ]
