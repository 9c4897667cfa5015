"""Report items: one thing each that GitHub is to know: what it is about, what it says, how it is written. Twice is harmless."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from pipeline_defs.github.api import Repository


class Item(Protocol):
    """What is compared with what was written last, and written where it differs. `kind` is a switch of `github.report`."""

    kind: ClassVar[str]

    @property
    def key(self) -> str:
        """What it is about: of two items with one key the later is the one that counts."""

    def write(self, repository: Repository) -> None:
        """Tell GitHub. Raises GitHubError."""


@dataclass(frozen=True)
class Status:
    """A commit status: how one stage went for one commit."""

    kind: ClassVar[str] = "statuses"
    sha: str
    context: str
    state: str
    description: str
    url: str = ""

    @property
    def key(self) -> str:
        """Commit and context."""
        return f"status {self.context} of {self.sha}"

    def write(self, repository: Repository) -> None:
        """Add the status where the last one of its context says something else."""
        repository.ensure_status(self.sha, self.context, self.state, self.description, self.url)


@dataclass(frozen=True)
class DeploymentState:
    """A deployment and how it stands; `name` is what it is found by again."""

    kind: ClassVar[str] = "deployments"
    name: str
    sha: str
    environment: str
    state: str
    description: str
    subject: str
    payload: tuple[tuple[str, str], ...] = ()
    production: bool = True
    log_url: str = ""
    environment_url: str = ""

    @property
    def key(self) -> str:
        """Its name, and its commit: GitHub's deployments are of one."""
        return f"deployment {self.name} of {self.sha}"

    def write(self, repository: Repository) -> None:
        """Make the deployment unless it is there, and add its state."""
        deployment = repository.ensure_deployment(
            self.name,
            self.sha,
            self.environment,
            description=self.subject,
            payload=dict(self.payload),
            production=self.production,
        )
        repository.ensure_deployment_status(
            deployment,
            self.state,
            description=self.description,
            log_url=self.log_url,
            environment_url=self.environment_url,
        )


@dataclass(frozen=True)
class Comment:
    """The one comment on a pull request, edited when it says something else."""

    kind: ClassVar[str] = "comments"
    number: int
    marker: str
    body: str

    @property
    def key(self) -> str:
        """The pull request."""
        return f"comment on #{self.number}"

    def write(self, repository: Repository) -> None:
        """Write or edit it."""
        repository.ensure_comment(self.number, self.marker, self.body)


@dataclass(frozen=True)
class Published:
    """A version's tag and release."""

    kind: ClassVar[str] = "releases"
    tag: str
    sha: str
    name: str
    body: str

    @property
    def key(self) -> str:
        """The tag."""
        return f"release {self.tag}"

    def write(self, repository: Repository) -> None:
        """Make the tag and the release, unless they are there."""
        repository.ensure_tag(self.tag, self.sha)
        repository.ensure_release(self.tag, self.sha, self.name, self.body)


@dataclass(frozen=True)
class IssueComment:
    """Word to an issue or pull request, once."""

    kind: ClassVar[str] = "issues"
    number: int
    marker: str
    body: str

    @property
    def key(self) -> str:
        """Who is told, and the marker of what."""
        return f"word to #{self.number} {self.marker}"

    def write(self, repository: Repository) -> None:
        """Say it, unless it was said."""
        repository.say_once(self.number, self.marker, self.body)
