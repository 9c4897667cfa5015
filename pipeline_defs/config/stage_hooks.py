"""Stage hooks: commands that run before and after a rehearsal, deployment or rollback."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator

from pipeline_defs.config.config_errors import Mistake, mistake
from pipeline_defs.config.value_types import Argv, Model


class Hook(Model):
    """One command.

    It finds `SHIPLINE_APP`, `SHIPLINE_ENVIRONMENT`, `SHIPLINE_VERSION`, `SHIPLINE_COMMIT` and `SHIPLINE_IMAGE` in its environment,
    beside the variables and secrets of the release. Of several images the first is `SHIPLINE_IMAGE`, and each has a variable of its own,
    such as `SHIPLINE_IMAGE_WORKER`.
    """

    command: Argv = Field(description="a list of words, or one text; it is never given to a shell")
    where: Literal["release", "shipline"] = Field(
        default="release",
        description="`release`: in a new container of the release, on the server; `shipline`: on the machine that runs Shipline",
    )
    timeout: int = Field(default=300, ge=1, le=86_400, description="seconds, after which it is ended")


class Hooks(Model):
    """Commands before and after each stage, in order. A stage's name is that of its job: `stage`, `deploy`, `rollback`.

    A hook before a stage runs before anything is changed; if it fails, the stage fails. A hook after a deployment or rollback runs
    once the release serves; if it fails, the run fails, and the release stays.
    """

    before_stage: tuple[Hook, ...] = Field(
        default=(),
        description="before the release is started on the copy of the database; one that fails, fails the rehearsal",
    )
    after_stage: tuple[Hook, ...] = Field(
        default=(), description="after the release's tests have passed; one that fails, fails the rehearsal"
    )
    before_deploy: tuple[Hook, ...] = Field(
        default=(),
        description="once the image is on the server and the database is backed up, before anything is changed; one that fails, fails the "
        "deployment",
    )
    after_deploy: tuple[Hook, ...] = Field(
        default=(),
        description="once the release is what the environment runs; one that fails, fails the run, and the release stays",
    )
    before_rollback: tuple[Hook, ...] = Field(
        default=(), description="as `before_deploy`, where a person goes back to a release"
    )
    after_rollback: tuple[Hook, ...] = Field(
        default=(), description="as `after_deploy`, where a person has gone back to a release"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        """Words in a list would be as many commands."""
        return [{"command": value} if isinstance(value, str) else value] if isinstance(value, (str, dict)) else value

    @property
    def given(self) -> tuple[str, ...]:
        """The keys under which there are any."""
        return tuple(name for name in type(self).model_fields if getattr(self, name))


def misplaced(hooks: Hooks, *, rehearses: bool) -> Iterator[Mistake]:
    """Hooks of stages that an environment does not have."""
    has = ("stage",) if rehearses else ("deploy", "rollback")
    kind = "that is deployed to" if rehearses else "that rehearses"
    for name in hooks.given:
        if name.partition("_")[2] not in has:
            yield mistake("hooks", name, found="hooks", allowed=f"an environment {kind}")
