"""GitHub settings: how an app's repository is watched and reported to through GitHub's API."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.value_types import Model, matching

_FULL_NAME = r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_][A-Za-z0-9._-]*"
FullName = Annotated[str, matching(_FULL_NAME, "GitHub owner/name")]
"""A repository as GitHub names it."""


def is_full_name(repository: str) -> bool:
    """True for `owner/name`, the short way to name a repository on GitHub."""
    return re.fullmatch(_FULL_NAME, repository) is not None


class GitHubApp(Model):
    """A GitHub App that is installed on the repository, instead of a token."""

    id: int = Field(ge=1, description="the App's id, as its settings page shows it")
    key: SecretSource = Field(description="its private key in PEM form")


class Report(Model):
    """What Shipline writes to GitHub."""

    statuses: bool = Field(
        default=True, description="commit statuses `shipline/<app>/<stage>`: lint, build, test, push, stage, deploy"
    )
    deployments: bool = Field(default=True, description="a deployment with its states for each one, rollbacks included")
    comments: bool = Field(default=True, description="one comment on each pull request, which is edited")
    releases: bool = Field(
        default=True,
        description="tag `vX.Y.Z` and a release with notes, when a version reaches the first environment that is deployed to",
    )
    issues: bool = Field(
        default=True, description="word to pull requests and the issues they close, once, when they are there"
    )

    @model_validator(mode="before")
    @classmethod
    def _all_or_nothing(cls, value: Any) -> Any:
        return dict.fromkeys(cls.model_fields, value) if isinstance(value, bool) else value


class GitHub(Model):
    """The app's repository as GitHub's API knows it. Without it branch heads are read from the repository itself."""

    repository: FullName | None = Field(default=None, description="owner/name; by default the app's `repository`")
    api: Annotated[str, matching(r"https?://\S+", "an http or https address")] = Field(
        default="https://api.github.com", description="GitHub Enterprise: `https://github.example.org/api/v3`"
    )
    token: SecretSource | None = Field(default=None, description="a fine-grained token")
    app: GitHubApp | None = Field(default=None, description="a GitHub App instead of a token")
    webhook_secret: SecretSource | None = Field(
        default=None, description="the webhook's secret; deliveries without it are refused"
    )
    drafts: bool = Field(default=False, description="check pull requests that are drafts too")
    pulls: Literal["confined", "trusted"] = Field(
        default="confined",
        description="how the code of this repository's own pull requests is run until they are merged: `confined` as that of a "
        "fork, without secrets, and no image is kept; `trusted` as that of a branch, with an image in the registry",
    )
    test_label: str = Field(
        default="shipline:test", min_length=1, description="the label that lets a fork's commit be checked"
    )
    tags: bool = Field(default=False, description="build and test the commit of every new tag")
    report: Report = Report()

    def confines(self, *, fork: bool) -> bool:
        """Whether the code of a pull request is kept from secrets, network and registry."""
        return fork or self.pulls == "confined"

    @model_validator(mode="after")
    def _one_access(self) -> Self:
        if (self.token is None) == (self.app is None):
            raise ValueError("either a token or an app")
        return self
