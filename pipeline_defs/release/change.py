"""Change: what a trigger is about, and the key by which it is known wherever it is noticed."""

import re
import uuid
from enum import StrEnum

from pipeline_defs.release.evidence import Record

_NAMESPACE = uuid.UUID("5d0f4f0e-3c0b-5b52-9a55-1f6d3e2b7c11")
_PULL = "pull:"
_ISSUE = re.compile(r"(?:[\w.-]+/)?([1-9][0-9]{0,8})[-_].+")


class Trigger(StrEnum):
    """What kind of thing happened."""

    PULL_REQUEST = "pull_request"
    MERGE = "merge"  # the head of a branch moved, by a merge or by a push
    TAG = "tag"
    QUEUE = "queue"  # GitHub's merge queue wants a merge checked that it is about to make


class Change(Record):
    """One thing that happened in a repository and that is answered by one run.

    Attributes:
        commit: full id of the head commit.
        branch: the branch it is about: a pull request's base, a queue's base, the branch that moved, a tag's name.
        since: the head that was handled before; empty where there was none.
        pull: the pull request's number; of a merge the one that was merged, 0 where there is none.
        head_branch: the pull request's own branch, or the merge queue's; text from outside.
        fork: the code comes from another repository, or from one that is gone: nobody here vouches for it.
        forced: the branch was rewritten: the head before is no ancestor of this one.
        actor: the GitHub login of who did it; text from outside.
        rehearsed: of a pull request, that its head is rehearsed after its tests.
    """

    app: str
    trigger: Trigger
    commit: str
    branch: str
    since: str = ""
    pull: int = 0
    head_branch: str = ""
    fork: bool = False
    forced: bool = False
    actor: str = ""
    rehearsed: bool = False

    @property
    def key(self) -> str:
        """The same for everybody who notices the change: poll, delivery, redelivery, restart.

        Checks are one per pull request, head and base, and one more where a rehearsal follows; merges one per branch and commit.
        """
        if self.trigger is Trigger.PULL_REQUEST:
            rehearsed = ":rehearsed" if self.rehearsed else ""
            return f"{_PULL}{self.app}:{self.pull}:{self.commit}:{self.branch}{rehearsed}"
        return f"{self.trigger}:{self.app}:{self.branch}:{self.commit}"

    @property
    def issue(self) -> int:
        """The issue that the pull request's branch is named after (`12-fix-cart`, `fix/12-cart`), 0 where there is none."""
        return issue_of(self.head_branch)


def issue_of(branch: str) -> int:
    """The issue a branch is named after, as GitHub names branches that are made from one: `12-fix-cart`; 0 for none."""
    found = _ISSUE.fullmatch(branch)
    return int(found[1]) if found else 0


def is_pull(key: str) -> bool:
    """Whether the change with this key is the head of a pull request."""
    return key.startswith(_PULL)


def is_merge(key: str) -> bool:
    """Whether the change with this key is the move of a branch."""
    return key.startswith(f"{Trigger.MERGE}:")


def queue_base(key: str) -> str:
    """The branch that the merge queue merges into, for the key of a change in a queue; empty for any other key."""
    trigger, _, rest = key.partition(":")
    return rest.partition(":")[2].rpartition(":")[0] if trigger == Trigger.QUEUE else ""


def run_id(key: str) -> str:
    """The id of the run that answers a change (RFC 9562, version 5).

    Run ids are unique in Dagster's storage, so whoever creates the run first has claimed the change, and nobody else can.
    """
    return str(uuid.uuid5(_NAMESPACE, key))
