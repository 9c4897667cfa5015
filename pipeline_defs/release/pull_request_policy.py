"""Pull request policy: which pull requests are checked, and as whose code."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a pull request's head."""

    CHECK = "check"
    CHECK_UNTRUSTED = "check untrusted"  # it sees no secret, reaches no server, and nothing of it is kept
    WAIT = "wait"  # for a person's approval
    WAIT_UNTIL_READY = "wait until ready"  # for its author, who calls it a draft
    IGNORE = "ignore"


@dataclass(frozen=True)
class Proposal:
    """What counts of a pull request.

    Attributes:
        base: the branch it is to be merged into.
        is_open: neither merged nor closed.
        fork: its commits come from another repository, or from one that is gone.
        bot: its author is no person.
        author_may_write: its author may write to the repository.
        approved: somebody who may write has approved this very head (`release/approval.py`).
    """

    base: str
    is_open: bool = True
    draft: bool = False
    fork: bool = False
    approved: bool = False
    bot: bool = False
    author_may_write: bool = False


@dataclass(frozen=True)
class Decision:
    """A verdict, and why in a few words for people."""

    verdict: Verdict
    why: str


def decide(proposal: Proposal, *, bases: Collection[str], drafts: bool, confined: bool) -> Decision:
    """What becomes of a pull request: `bases` are the branches that ship, `drafts` says whether drafts are checked too.

    With `confined` the repository's own pull requests are checked as a fork's are, but nobody has to approve them.
    A draft of a fork that nobody wants checked yet is not waiting for approval either.
    """
    if not proposal.is_open:
        return Decision(Verdict.IGNORE, "it is not open")
    if proposal.base not in bases:
        return Decision(Verdict.IGNORE, "it is to be merged into no branch that ships")
    if proposal.draft and not drafts:
        return Decision(Verdict.WAIT_UNTIL_READY, "it is a draft")
    if not proposal.fork:
        if confined:
            return Decision(Verdict.CHECK_UNTRUSTED, "it is of this repository and not merged yet")
        return Decision(Verdict.CHECK, "it is of this repository, whose pull requests are trusted")
    if proposal.approved:
        return Decision(Verdict.CHECK_UNTRUSTED, "it is of a fork and was approved")
    return Decision(Verdict.WAIT, "it is of a fork and waits for the approval of somebody who may write")


def may_be_rehearsed(proposal: Proposal, *, development: str) -> bool:
    """Whether a pull request may be rehearsed on a copy of production's data, if only somebody vouches for it. A fork's never is."""
    return proposal.is_open and not proposal.fork and proposal.base == development


def is_rehearsed(proposal: Proposal, *, development: str) -> bool:
    """Whether a head is rehearsed: its author may write and is a person, or a person who may write has approved this very head."""
    vouched = proposal.approved or (proposal.author_may_write and not proposal.bot)
    return may_be_rehearsed(proposal, development=development) and vouched
