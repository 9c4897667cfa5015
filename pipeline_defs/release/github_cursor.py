"""GitHub cursor: what of a repository was answered already. It is the cursor of the sensor `<app>_github`."""

from enum import StrEnum

from pydantic import Field

from pipeline_defs.release.evidence import Record


class PullState(StrEnum):
    """How it stands with a pull request's newest head."""

    ANSWERED = "answered"  # its run was claimed, or it was there before anybody looked
    WAITING = "waiting"  # for a person's approval: it is a fork's
    DRAFT = "draft"  # until it is ready for review
    IGNORED = "ignored"  # for a branch that does not ship
    CLOSED = "closed"  # kept in mind until nothing of it runs or stays up any more


WHY = {
    PullState.WAITING: "waits for a person with write permission: /shipline test",
    PullState.DRAFT: "skipped because it is a draft; runs when it is ready for review",
}
"""What pull requests wait for; those that stand otherwise do not wait."""


class SeenPull(Record):
    """A pull request as it was seen last.

    Attributes:
        at: when it was changed last, by GitHub's clock: what was seen earlier than that is out of date.
        seen: when this head was seen first, by the same clock: only what a person says later is about it.
        rehearsed: a run was claimed for this head that a rehearsal follows.
    """

    head: str
    base: str
    at: str
    seen: str
    stand: PullState = PullState.IGNORED
    rehearsed: bool = False


class GitHubCursor(Record):
    """What was answered: the head of each branch, the tags, and every open pull request's head.

    Never one time stamp for all: what is noticed late, or out of order, would be lost behind it.

    Attributes:
        heads: {branch: commit}. A branch that is gone stays in mind: when it comes back where it was, it has not moved.
        tags: {tag: commit}; None while nobody has looked.
        pulls: {number: what was seen}; numbers are texts, as JSON has them.
        queue: {branch of the merge queue: commit}; those that left the queue are forgotten.
        queue_unclear: branches of the queue of which GitHub did not say yet who made them; they are not answered.
        pulls_known, tags_known, queue_known: by what GitHub knows the lists we have seen; an unchanged list costs nothing.
    """

    heads: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] | None = None
    pulls: dict[str, SeenPull] = Field(default_factory=dict)
    queue: dict[str, str] = Field(default_factory=dict)
    queue_unclear: tuple[str, ...] = ()
    pulls_known: dict[str, str] = Field(default_factory=dict)
    tags_known: dict[str, str] = Field(default_factory=dict)
    queue_known: dict[str, str] = Field(default_factory=dict)

    def with_head(self, branch: str, commit: str) -> "GitHubCursor":
        """The same, with this branch answered up to this commit."""
        return self.model_copy(update={"heads": {**self.heads, branch: commit}})

    def with_pull(self, number: int, pull: SeenPull | None) -> "GitHubCursor":
        """The same, with this pull request as it was seen now; None forgets it."""
        others = {key: value for key, value in self.pulls.items() if key != str(number)}
        return self.model_copy(update={"pulls": others if pull is None else {**others, str(number): pull}})
