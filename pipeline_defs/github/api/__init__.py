"""The door to GitHub, through PyGithub and without Dagster: `open_repository(app)` gives what everything else is asked of."""

from typing import TYPE_CHECKING, Any

from pipeline_defs.github.api.github_errors import BranchMoved, GitHubError, GitHubRefused, GitHubUnavailable
from pipeline_defs.github.api.github_facts import Approval, CommitFact, Comparison, Move, Pull, Validator

if TYPE_CHECKING:
    from pipeline_defs.github.api.github_repository import Repository
    from pipeline_defs.github.api.open_repositories import open_repository

__all__ = [
    "Approval",
    "BranchMoved",
    "CommitFact",
    "Comparison",
    "GitHubError",
    "GitHubRefused",
    "GitHubUnavailable",
    "Move",
    "Pull",
    "Repository",
    "Validator",
    "open_repository",
]


def __getattr__(name: str) -> Any:
    """What stands on PyGithub is imported when it is asked for: every run's process loads this package, and few need that."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline_defs.github.api import github_repository, open_repositories

    return {"Repository": github_repository.Repository, "open_repository": open_repositories.open_repository}[name]
