"""The door to GitHub, through PyGithub and without Dagster: `open_repository(app)` gives what everything else is asked of."""

from typing import TYPE_CHECKING, Any

from pipeline_defs.resources.github.errors import GitHubAway, GitHubError, GitHubRefused, Moved
from pipeline_defs.resources.github.facts import Approval, CommitFact, Comparison, Move, Pull, Validator

if TYPE_CHECKING:
    from pipeline_defs.resources.github.opened import open_repository
    from pipeline_defs.resources.github.repository import Repository

__all__ = [
    "Approval",
    "CommitFact",
    "Comparison",
    "GitHubAway",
    "GitHubError",
    "GitHubRefused",
    "Move",
    "Moved",
    "Pull",
    "Repository",
    "Validator",
    "open_repository",
]


def __getattr__(name: str) -> Any:
    """What stands on PyGithub is imported when it is asked for: every run's process loads this package, and few need that."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline_defs.resources.github import opened, repository

    return {"Repository": repository.Repository, "open_repository": opened.open_repository}[name]
