"""The door to GitHub, through PyGithub and without Dagster: `open_repository(app)` gives what everything else is asked of."""

from pipeline_defs.resources.github.errors import GitHubAway, GitHubError, GitHubRefused, Moved
from pipeline_defs.resources.github.facts import Approval, CommitFact, Comparison, Move, Pull, Validator
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
