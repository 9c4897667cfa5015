"""Build: how an app's image comes about: lint, build, test, push."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline_defs.config.builder import Builder
from pipeline_defs.config.config_errors import mistake, refuse
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.testing import ALLOW_EMPTY
from pipeline_defs.config.value_types import Argv, EnvironmentVariable, Model, RepositoryPath, Service, matching

SecretId = Annotated[
    str, matching(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "the id of the mount in the Dockerfile, such as pip_token")
]


class Push(Model):
    """The image on its way into the registry."""

    timeout: int = Field(default=1800, ge=1, description="seconds")


class Lint(Model):
    """The app's own lint command, run in a clean checkout; without one flake8 runs in two passes."""

    command: Argv | None = None
    image: Annotated[str, matching(r"[a-z0-9][A-Za-z0-9._/:@-]*", "an image, such as python:3.12")] | None = Field(
        default=None,
        description="the image in which the command runs, with the files at /checkout, read-only, and without network; it must have the "
        "command's program. Without it the command runs as Shipline's user, and only for code that is merged",
    )
    timeout: int = Field(default=300, ge=1, description="seconds")

    @model_validator(mode="after")
    def _image_of_a_command(self) -> Self:
        if self.image is not None and self.command is None:
            raise ValueError("an image only with a command")
        return self

    @model_validator(mode="before")
    @classmethod
    def _from_command(cls, value: Any) -> Any:
        return {"command": value} if isinstance(value, (str, list)) else value


class Build(Model):
    """What is built."""

    dockerfile: RepositoryPath = "Dockerfile"
    context: RepositoryPath = "."
    arguments: dict[EnvironmentVariable, str] = Field(
        default_factory=dict, description="build arguments; they are no place for secrets"
    )
    secrets: dict[SecretId, SecretSource] = Field(
        default_factory=dict,
        description="for `RUN --mount=type=secret,id=pip_token`: `{pip_token: {env: PIP_TOKEN}}`. They become no part of the image, "
        "and code that is not merged is built without them",
    )
    ssh: dict[SecretId, Literal["agent"] | SecretSource] = Field(
        default_factory=dict,
        description="for `RUN --mount=type=ssh`: `default` gives the SSH agent of Shipline's user, `{default: {file: …}}` one key; "
        "code that is not merged is built without it",
    )
    target: str | None = None
    platforms: Annotated[tuple[str, ...], Field(max_length=1)] = Field(
        default=(), description="at most one for now; empty: the Engine's own"
    )
    builders: tuple[Builder, ...] = Field(
        default=(),
        description="machines whose Docker Engine builds, the first that is free; none: the machine that runs Shipline",
    )
    cache: Literal["engine", "registry"] = Field(
        default="engine",
        description="where layers of earlier builds are looked for: in the Engine that builds alone, or in the app's newest images "
        "in the registry too, so that every builder has them",
    )
    timeout: int = Field(default=1800, ge=1, description="seconds; a builder is waited for as long at most")

    @field_validator("builders", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, (str, dict)) else value

    @field_validator("ssh", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {value: "agent"} if isinstance(value, str) else value

    @property
    def untrusted(self) -> "Build":
        """The same without secrets and SSH, for code that nobody here vouches for."""
        return self.model_copy(update={"secrets": {}, "ssh": {}})

    @model_validator(mode="after")
    def _one_builds_it(self) -> Self:
        mistakes = []
        for number, builder in enumerate(self.builders):
            if any(builder.place == other.place for other in self.builders[:number]):
                mistakes.append(mistake("builders", number, found=str(builder), allowed="each builder once"))
        if self.builders and not self.fitting:
            allowed = f"a builder for {self.platforms[0]}, or one that does not say for which platforms it is"
            mistakes.append(mistake("builders", found=", ".join(map(str, self.builders)), allowed=allowed))
        refuse(mistakes)
        return self

    @property
    def fitting(self) -> tuple[Builder, ...]:
        """The builders for the platform that is asked for."""
        return tuple(each for each in self.builders if each.builds_for(self.platforms))


class ImageTest(Model):
    """How the built image is tested: a compose file whose test service sees the image as ${IMAGE} and the results folder as ${RESULTS}."""

    compose: RepositoryPath = "docker-compose-test.yml"
    service: Service = "tests"
    target: str | None = Field(
        default=None,
        description="a stage of the Dockerfile that has the tests: it is built from the same context, the test service runs it "
        "(`${TEST_IMAGE}`), and the image that is shipped is there beside it",
    )
    environment: dict[EnvironmentVariable, str] = Field(default_factory=dict)
    junit: str | None = Field(
        default="junit.xml", description="the results' file in the results folder; null: the exit status decides alone"
    )
    allow_empty: bool = Field(default=False, description=ALLOW_EMPTY)
    timeout: int = Field(default=1200, ge=1, description="seconds")
