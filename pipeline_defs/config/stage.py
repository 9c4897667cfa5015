"""Stage: how an app's releases are rehearsed, besides what its rehearsing environment says."""

from typing import Any, Literal

from pydantic import Field, field_validator

from pipeline_defs.config.pull_preview import PullPreview
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.value_types import EnvironmentVariable, Model, RepositoryPath


class Stage(Model):
    """Rehearsals of pull requests. They run in the rehearsing environment's place, with a suffix: `/opt/shop/staging-pull-12`."""

    pulls: Literal["rehearse", "preview", "off"] = Field(
        default="off",
        description="`rehearse`: a pull request of this repository into the development branch is rehearsed once its image is built "
        "and tested, before anybody merges it; needs `github` and a database in a container. `preview`: what has passed then stays up "
        "for people to look at",
    )
    preview: PullPreview | None = Field(
        default=None, description="with `pulls: preview`: where previews are found, and what they may use"
    )
    at_once: int = Field(
        default=1,
        ge=1,
        le=20,
        description="how many pull requests are rehearsed at the same time, each on a copy of its own",
    )
    secrets: dict[EnvironmentVariable, SecretSource] = Field(
        default_factory=dict,
        description="values for pull requests, in place of the environment's secrets; a secret that is not named here is a random "
        "text in each rehearsal of a pull request",
    )
    secret_files: dict[RepositoryPath, SecretSource] = Field(
        default_factory=dict,
        description="the same for each of the environment's `secret_files`; all have to be named here",
    )

    @property
    def rehearses(self) -> bool:
        """Whether pull requests are rehearsed."""
        return self.pulls != "off"

    @property
    def kept(self) -> PullPreview | None:
        """How what has passed stays up; None where it does not."""
        return self.preview if self.pulls == "preview" else None

    @field_validator("pulls", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: Any) -> Any:
        return "off" if value is False else value  # YAML takes it for `false`
