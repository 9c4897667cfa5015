"""Own commits on GitHub: the change that a branch's head stands for, below the commits that Shipline made itself."""

from pipeline_defs.release.own_commits import change_below
from pipeline_defs.resources.github.repository import Repository

MOST = 10
"""Own commits on top of each other that are looked through; a version, and what merging back needs, are three."""


def change_at(repository: Repository, head: str, version_file: str) -> str:
    """The commit that a branch's head stands for: `head` itself, or what is below Shipline's own commits on it.

    A head is to be answered by what this gives, unless that was answered before: then nothing has happened but a version.
    Costs one question for each own commit, and one more. Raises GitHubError.
    """
    for _ in range(MOST):
        below = change_below(repository.commit(head), version_file)
        if below is None:
            return head
        head = below
    return head
