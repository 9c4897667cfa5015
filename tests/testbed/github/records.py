"""What the stand-in remembers of people, repositories, issues and pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.testbed.github.repository import GitRepository

Json = dict[str, Any]
NOBODY = "0" * 40
"""The SHA on one side of a push that creates or deletes a reference."""


@dataclass(eq=False)
class User:
    """A person, an organization, or the bot that an app acts as."""

    id: int
    login: str
    name: str
    type: str = "User"

    @property
    def email(self) -> str:
        """The address on commits: GitHub's form for people who keep theirs private."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass
class Protection:
    """Rules of one branch."""

    pull_request_required: bool
    required_contexts: list[str]
    allow_force_pushes: bool = False


@dataclass(eq=False)
class Comment:
    """A comment on an issue or a pull request; `user` is None when the account was deleted."""

    id: int
    user: User | None
    body: str
    created_at: float
    updated_at: float
    app: App | None = None


@dataclass(eq=False)
class Event:
    """Something that happened to an issue: labeled, closed, merged, …"""

    id: int
    event: str
    actor: User | None
    created_at: float
    commit_id: str | None = None
    more: Json = field(default_factory=dict)


@dataclass(eq=False)
class Pull:
    """The half of a pull request that an issue does not have."""

    id: int
    head_repo: Repo | None
    head_owner: str
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: float | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    computed_for: tuple[str, str] | None = None
    """The head and the base that `mergeable` was computed for."""
    asked: int = 0
    """How often the pull request was read since `mergeable` became unknown."""
    commits: list[str] = field(default_factory=list)
    """What it had when it was merged: afterwards the branches no longer tell."""
    merge_base: str | None = None


@dataclass(eq=False)
class Issue:
    """An issue; with `pull` a pull request, which is one for GitHub too."""

    id: int
    number: int
    title: str
    body: str | None
    user: User | None
    created_at: float
    updated_at: float
    state: str = "open"
    closed_at: float | None = None
    closed_by: User | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(eq=False)
class Hook:
    """A webhook and what was delivered to it."""

    id: int
    url: str
    secret: str | None
    events: list[str]
    content_type: str
    created_at: float
    active: bool = True
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(eq=False)
class Delivery:
    """One attempt to deliver; a redelivery is another one with the same `guid`."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    redelivery: bool
    delivered_at: float
    status_code: int = 0
    status: str = "pending"
    duration: float = 0.0
    request_headers: Json = field(default_factory=dict)
    response_headers: Json = field(default_factory=dict)
    response: str = ""


@dataclass(eq=False)
class App:
    """A GitHub App, installed on repositories of one owner."""

    id: int
    slug: str
    owner: User
    bot: User
    public_key: str
    permissions: dict[str, str]
    installation: int
    created_at: float
    repositories: list[str] | None = None


@dataclass(eq=False)
class Repo:
    """A repository with everything that hangs on it."""

    id: int
    owner: User
    name: str
    git: GitRepository
    private: bool
    default_branch: str
    created_at: float
    pushed_at: float
    parent: Repo | None = None
    deleted: bool = False
    collaborators: dict[str, str] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)
    labels: dict[str, Json] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    statuses: dict[str, list[Json]] = field(default_factory=dict)
    deployments: dict[int, Json] = field(default_factory=dict)
    releases: dict[int, Json] = field(default_factory=dict)
    activities: list[Json] = field(default_factory=list)
    hooks: dict[int, Hook] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    """The test merges by SHA: a status on one of them counts for its pull request."""

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[Issue]:
        """The issues that are pull requests, oldest first."""
        return [issue for issue in self.issues.values() if issue.pull]
