"""Testing: how a release is proved once it runs: its health, the tests inside its container, and end-to-end tests."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pipeline_defs.config.value_types import Argv, Model, RepositoryPath

ALLOW_EMPTY = "results in which no test ran pass too; without it they fail"


class E2E(Model):
    """End-to-end tests, run on the server in the network of the app's own container: a Postman collection with Newman, or a command.

    A command finds `BASE_URL`, `EXPECTED_VERSION`, `EXPECTED_COMMIT` and `RESULTS`, the folder for its results, in its environment.
    """

    collection: RepositoryPath | None = Field(default=None, description="the Postman collection")
    environment: RepositoryPath | None = Field(default=None, description="the Postman environment")
    command: Argv | None = Field(
        default=None, description="instead of a collection: `pytest e2e --junitxml=/results/e2e.xml`"
    )
    variables: dict[str, str] = Field(
        default_factory=dict,
        description="further variables: newman --env-var, or a command's environment. A collection's own name for the address under "
        'test: `{baseUrl: "{{base_url}}"}`',
    )
    base_url: str | None = Field(default=None, description="what base_url becomes; by default http://127.0.0.1:<port>")
    image: str | None = Field(
        default=None,
        description="what it runs in: by default `postman/newman:6`, for a command the release's own image",
    )
    junit: str | None = Field(default="e2e.xml", description="the results' file of a command in the folder `RESULTS`")
    production: Literal["safe", "unsafe"] | None = Field(
        default=None,
        description="`safe`: they may run in an environment that is deployed to, although they send POST, PUT, PATCH or DELETE; "
        "`unsafe`: only in one that rehearses. Without it a collection that sends these is noted by `shipline check` and `doctor`",
    )
    allow_empty: bool = Field(default=False, description=ALLOW_EMPTY)
    timeout: int = Field(default=300, ge=1, description="seconds")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.collection is None) == (self.command is None):
            raise ValueError("exactly one of collection and command")
        if self.command is not None and self.environment is not None:
            raise ValueError("an environment only for a collection; a command gets variables")
        return self


class Test(Model):
    """Tests inside the running container. `junit` is where the command writes its results in the container."""

    command: Argv
    junit: str | None = "/tmp/shipline-junit.xml"
    allow_empty: bool = Field(default=False, description=ALLOW_EMPTY)
    timeout: int = Field(default=600, ge=1, description="seconds")

    @model_validator(mode="before")
    @classmethod
    def _from_command(cls, value: Any) -> Any:
        return {"command": value} if isinstance(value, (str, list)) else value


class Health(Model):
    """How long a started service may take until it is healthy. The check itself is the container's own HEALTHCHECK, or `route.health`.

    Without either the main service is healthy once `port`, or a port that it publishes, accepts connections from outside the container.
    """

    timeout: int = Field(default=60, ge=1, description="seconds")
