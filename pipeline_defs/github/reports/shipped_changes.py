"""Shipped changes: what a deployment brought to people, as the commits, pull requests and issues since the one before."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import ClassVar

from pipeline_defs.config import App
from pipeline_defs.github.api import CommitFact, Comparison, Pull, Repository
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome

MOST_LOOKED_UP = 50
"""Commits whose pull requests are asked for, the newest ones: each costs a question."""

# Commits that Shipline makes itself (`release/shipline_commits.py`) are nobody's change. Whoever forges a subject hides one line.
_OWN = re.compile(r"Version \d+\.\d+\.\d+(, as on \S+)?|Merge \S+ back into \S+")


@dataclass(frozen=True)
class Shipped:
    """The range of a deployment.

    Attributes:
        comparison: None for the first deployment, and where GitHub does not have the commit before any more.
        pulls: the merged pull requests in it, in the order in which they came, with the issues that each closes.
        direct: commits that belong to none.
    """

    row: Deployment
    comparison: Comparison | None = None
    pulls: tuple[tuple[Pull, tuple[int, ...]], ...] = ()
    direct: tuple[CommitFact, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pull requests."""
        return tuple(pull.number for pull, _ in self.pulls)

    @property
    def issues(self) -> tuple[int, ...]:
        """The issues that are closed by it, each once."""
        return tuple(dict.fromkeys(number for _, issues in self.pulls for number in issues))

    @property
    def not_looked_up(self) -> int:
        """How many commits the range has beyond those whose pull requests were asked for."""
        return max(0, self.comparison.total - MOST_LOOKED_UP) if self.comparison else 0


@dataclass(frozen=True, repr=False)
class Range:
    """The question what a deployment brought, as an item: it may fail like one. The answer is put into `known`."""

    kind: ClassVar[str] = "range"
    row: Deployment
    known: MutableMapping[str, Shipped]

    @property
    def key(self) -> str:
        """The record's id."""
        return f"range of deployment {self.row.id}"

    def __repr__(self) -> str:
        return self.key

    def write(self, repository: Repository) -> None:
        """Ask GitHub what is in the range."""
        self.known[self.row.id] = _shipped(repository, self.row)


def is_shipment(app: App, row: Deployment) -> bool:
    """True for a deployment that brings something new to production, the first environment that is deployed to.

    A rollback brings nothing new, nor does the commit that ran already.
    """
    new = row.previous is None or row.previous.commit != row.release.commit
    ran = row.kind is DeploymentKind.DEPLOY and row.outcome is Outcome.SUCCEEDED
    return ran and new and row.environment == app.deployed[0]


def is_new_version(row: Deployment) -> bool:
    """False where the version that ran already comes from another commit: one image may be promoted for several."""
    return row.previous is None or row.previous.version != row.release.version


def _shipped(repository: Repository, row: Deployment) -> Shipped:
    if row.previous is None:
        return Shipped(row)
    comparison = repository.compare(row.previous.commit, row.release.commit)
    pulls: dict[int, Pull] = {}
    direct: list[CommitFact] = []
    for commit in comparison.commits[-MOST_LOOKED_UP:]:
        # A commit may also be part of pull requests that are open or were abandoned.
        merged = {pull.number: pull for pull in repository.pulls_of(commit.id) if pull.merged}
        pulls |= merged
        direct += [] if merged or _OWN.fullmatch(commit.subject) else [commit]
    found = tuple((pull, tuple(repository.closing_issues(pull))) for pull in pulls.values())
    return Shipped(row, comparison, found, tuple(direct))
