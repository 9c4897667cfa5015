"""GitHub facts: what GitHub says of a repository. Titles, names, bodies and labels are text from outside."""

from dataclasses import dataclass

Validator = dict[str, str]
"""By what GitHub knows what we have seen, {page: ETag}. Opaque; may be kept as JSON between two looks."""


@dataclass(frozen=True)
class Pull:
    """One pull request.

    Attributes:
        head: full id of its newest commit.
        head_branch: the branch the commits are on, in `fork`s one of the other repository.
        base: the branch it is to be merged into.
        state: "open" or "closed".
        merged: closed by merging; a closed one may as well have been abandoned.
        merge_commit: the commit that the merge made on `base` (of a squash the squashed one, of a rebase the last one);
            empty unless merged, though GitHub's own field is never empty.
        fork: the commits come from another repository, or from one that was deleted.
        author: login; empty where the account was deleted. bot: that account is no person's.
        updated_at: ISO 8601, UTC, of the server's clock.
    """

    number: int
    title: str
    head: str
    head_branch: str
    base: str
    draft: bool
    state: str
    merged: bool
    merge_commit: str
    fork: bool
    author: str
    body: str
    labels: tuple[str, ...]
    updated_at: str
    url: str
    bot: bool = False


@dataclass(frozen=True)
class Move:
    """One move of a branch.

    Attributes:
        before: the commit before; all zeros where the branch was made.
        after: the commit after; all zeros where the branch was deleted.
        kind: push, force_push, branch_creation, branch_deletion, pr_merge, merge_queue_merge.
        actor: login of who did it; empty where the account was deleted.
        at: ISO 8601, UTC, of the server's clock.
    """

    before: str
    after: str
    kind: str
    actor: str
    at: str


@dataclass(frozen=True)
class CommitFact:
    """One commit: full id, the author's login (the name in the commit where GitHub knows no account), first line of the message."""

    id: str
    author: str
    subject: str


MOST_FILES = 300
"""Files that GitHub lists of a comparison: https://docs.github.com/en/rest/commits/commits#compare-two-commits"""


@dataclass(frozen=True)
class Comparison:
    """What a head has and a base has not.

    Attributes:
        status: how the head stands to the base: ahead, behind, diverged, identical.
        commits: oldest first, at most 1000.
        total: how many there are.
        files: every path that differs, of a renamed file the old one too; at most 300, see `all_files`.
    """

    status: str
    commits: tuple[CommitFact, ...]
    total: int
    files: tuple[str, ...] = ()

    @property
    def all_files(self) -> bool:
        """False where GitHub may have left out files: it lists 300 at most."""
        return len(self.files) < MOST_FILES


@dataclass(frozen=True)
class Approval:
    """A person's word that a pull request of somebody outside may be tested.

    Attributes:
        by: the person's login; whether they may say so is another question.
        at: ISO 8601, UTC, of the server's clock.
        sha: the commit that is meant, at least seven digits of its id; empty unless the comment names one.
        kind: "comment" or "label".
    """

    by: str
    at: str
    sha: str
    kind: str
