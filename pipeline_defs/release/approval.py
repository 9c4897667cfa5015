"""Approval: a person's word that a commit of somebody outside may be checked here."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

_FULL = (40, 64)  # digits of a commit's id; others with the same first digits can be made in seconds


class Approval(Protocol):
    """What is known of one approval; a record of the client for GitHub has these attributes.

    Attributes:
        by: the person's login; empty where the account is gone.
        at: when it was given, ISO 8601 with a time zone, by GitHub's clock.
        sha: the commit it names, or the first digits of its id; empty where it names none.
    """

    @property
    def by(self) -> str:
        """The person's login."""

    @property
    def at(self) -> str:
        """When it was given."""

    @property
    def sha(self) -> str:
        """The commit it names."""


def is_about(approval: Approval, *, head: str, first_seen: str) -> bool:
    """Whether an approval is about this very head of a pull request, whoever gave it.

    One that names a commit is about that commit alone, and has to name all digits of its id. One that names none is about what its
    giver could see: the head, if it was given after the head was seen here (`first_seen`, ISO 8601, by GitHub's clock as well). Within
    the same second it is not: a commit pushed while somebody reads the one before must not be let in with it.
    """
    if not approval.by:
        return False
    if approval.sha:
        return len(approval.sha) in _FULL and approval.sha.lower() == head.lower()
    given, seen = _moment(approval.at), _moment(first_seen)
    return given is not None and seen is not None and given > seen


def valid_approval(
    approvals: Iterable[Approval], *, head: str, first_seen: str, may_write: Callable[[str], bool]
) -> Approval | None:
    """The first approval that lets a head be checked: about this very head, and by somebody who may write to the repository.

    `may_write` is asked only for those who approved this head, once for each.
    """
    asked: dict[str, bool] = {}
    for approval in approvals:
        if is_about(approval, head=head, first_seen=first_seen):
            login = approval.by
            if login not in asked:
                asked[login] = may_write(login)
            if asked[login]:
                return approval
    return None


def _moment(text: str) -> datetime | None:
    """A point in time; None for what is none, or has no time zone and so could be any."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
