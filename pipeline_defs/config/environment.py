"""Environment: a place that runs a release, as an app's file describes it."""

import shlex
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline_defs.config.config_errors import mistake, refuse
from pipeline_defs.config.database import Database, Sanitize
from pipeline_defs.config.freeze import FreezeWindow, Frozen, Window, frozen, window
from pipeline_defs.config.host import Host, wrong_hosts
from pipeline_defs.config.replacement import Replacement, Strategy, with_services, wrong
from pipeline_defs.config.retention import Retention
from pipeline_defs.config.route import Route
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.stage_hooks import Hooks, misplaced
from pipeline_defs.config.testing import E2E, Health, Test
from pipeline_defs.config.value_types import (
    Argv,
    EnvironmentVariable,
    Model,
    Name,
    Project,
    RepositoryPath,
    ServerFolder,
    Service,
)
from pipeline_defs.config.watch import OFF, Watch

REVISION = "{revision}"
"""Stands for the migration revision in the command `downgrade`."""


class Environment(Model):
    """A place that runs a release.

    An environment that `rehearses` another gets a fresh copy of that one's database for every release; any other is deployed to.
    """

    hosts: tuple[Host, ...] = Field(
        min_length=1,
        description="where it runs. Of several the first one is deployed to alone, then the others; all of them, or none. "
        "An environment that rehearses has one",
    )
    parallel: int = Field(default=4, ge=1, description="how many hosts are deployed to at once, after the first one")
    directory: ServerFolder = Field(description="absolute folder on the server that belongs to this environment alone")
    project: Project | None = Field(
        default=None,
        description="the compose project on the server, by default `<app>-<environment>`; name the one that runs already, and the first "
        "deployment takes it over (`shipline adopt` says what becomes of it)",
    )
    data_folder: ServerFolder | None = Field(
        default=None,
        description="folder on the server in which the compose file's folders of data lie, by default `data` in `directory`; name the one "
        "of the compose project that is taken over",
    )
    compose: RepositoryPath
    overrides: tuple[RepositoryPath, ...] = Field(
        default=(),
        description="further compose files, each of which overrides those before it; short: `compose: [a.yml, b.yml]`",
    )
    files: tuple[RepositoryPath, ...] = Field(
        default=(),
        description="further files and folders of the repository that the release needs; what the compose file includes, "
        "reads and mounts is taken by itself",
    )
    data: tuple[RepositoryPath, ...] = Field(
        default=(),
        description="folders beside the compose file that the app writes, or people fill on the server, although git has files "
        "in them; folders that git does not know and that a service mounts writable are data by themselves",
    )
    secret_files: dict[RepositoryPath, SecretSource] = Field(
        default_factory=dict,
        description="files that the compose file reads and git must not have: `{.env: {file: /etc/shop/production.env}}`; "
        "they reach the server with mode 0600",
    )
    service: Service = Field(default="web", description="the service that is migrated, tested and checked")
    also: tuple[Service, ...] = Field(
        default=(), description="further services that run the app's image; short for `services: {worker: {}}`"
    )
    services: dict[Service, Replacement] = Field(
        default_factory=dict,
        description="services that run the app's image, each with how it is replaced: `{worker: {stop_grace: 60}}`",
    )
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        description="the service's port inside its network, for e2e, for the router, and for its health where nothing else tells it",
    )
    url: str | None = Field(
        default=None, description="where people find it; a deployment asks it, from the machine that runs Shipline"
    )
    route: Route | None = Field(
        default=None,
        description="reach the service by the server's router: new beside old, then switched; empty: `route: {}`",
    )
    watch: Watch | None = Field(
        default=None,
        description="how long a deployment looks at the release that serves before it ends the older one; by default 10 s behind a route",
    )
    rehearses: Name | None = Field(
        default=None,
        description="the environment whose database is copied. What is left out here and must be alike is as it is there: see below",
    )
    keep_running: bool = Field(default=False, description="leave the rehearsal running until the next one")
    require_rehearsal: bool = Field(default=False, description="refuse a release that no rehearsal passed")
    wait_for_rehearsal: bool = Field(
        default=True,
        description="a deployment waits while its release is being rehearsed, and is made once that has passed",
    )
    auto_deploy: bool = True
    freeze: tuple[FreezeWindow, ...] = Field(
        default=(),
        description="windows in which nothing is deployed by itself: `Fri 12:00 .. Mon 07:00 Europe/London` every week, or "
        "`2026-12-20 .. 2027-01-02 Europe/London`; a day without a time is the whole day. What comes meanwhile waits",
    )
    environment: dict[EnvironmentVariable, str] = Field(default_factory=dict)
    secrets: dict[EnvironmentVariable, SecretSource] = Field(default_factory=dict)
    database: Database | None = None
    sanitize: Sanitize | None = Field(
        default=None, description="makes the copy harmless, such as ops/sanitize.sql; only where another is rehearsed"
    )
    migrate: Argv | None = None
    revision: Argv | None = Field(
        default=None,
        description="prints the database's migration revision; where Alembic migrates it is alembic current",
    )
    downgrade: Argv | None = Field(
        default=None,
        description=(
            "takes migrations back, in the newer image, to the revision that replaces {revision}; "
            "where Alembic migrates it is alembic downgrade {revision}"
        ),
    )
    console: Argv | None = Field(
        default=None, description="what `shipline console` runs in the release: `python manage.py shell`"
    )
    test: Test | None = None
    e2e: tuple[E2E, ...] = ()
    hooks: Hooks = Field(
        default=Hooks(),
        description="commands before and after each stage. They are not inherited by an environment that rehearses this one",
    )
    timeout: int = Field(
        default=1800,
        ge=1,
        description="seconds for each long step on the server: pulling, starting, migrating, backing up, copying, restoring, clearing away",
    )
    health: Health = Health()
    retention: Retention = Retention()

    @field_validator("hosts", "freeze", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, (str, dict)) else value

    @field_validator("e2e", mode="before")
    @classmethod
    def _one_or_many_collections(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="before")
    @classmethod
    def _one_compose_file_or_many(cls, value: Any) -> Any:
        given = value.get("compose") if isinstance(value, dict) else None
        if not isinstance(given, list) or not given:
            return value
        return {**value, "compose": given[0], "overrides": [*given[1:], *value.get("overrides", ())]}

    @field_validator("secrets")
    @classmethod
    def _each_variable_once(cls, value: dict[str, SecretSource], others: ValidationInfo) -> dict[str, SecretSource]:
        twice = [name for name in value if name in others.data.get("environment", {})]
        refuse(
            [mistake(name, found=name, allowed="each variable once, in environment or in secrets") for name in twice]
        )
        return value

    @model_validator(mode="before")
    @classmethod
    def _those_of_services_run_the_image_too(cls, value: Any) -> Any:
        return with_services(value)

    @model_validator(mode="after")
    def _replaced_as_it_can_be(self) -> Self:
        refuse(list(wrong(self.services, self.service, routed=self.route is not None)))
        if self.watch and self.watch.seconds and self.rehearses:
            refuse([mistake("watch", found=self.watch.seconds, allowed="an environment that is deployed to")])
        if self.watch and "errors" in self.watch.model_fields_set and self.route is None:
            refuse([mistake("watch", "errors", found=self.watch.errors, allowed="a route, where requests are counted")])
        return self

    @model_validator(mode="after")
    def _a_rehearsal_takes_nothing_over(self) -> Self:
        taken = {"project": self.project, "data_folder": self.data_folder} if self.rehearses else {}
        refuse(
            [
                mistake(key, found=str(value), allowed="an environment that is deployed to")
                for key, value in taken.items()
                if value is not None
            ]
        )
        return self

    @model_validator(mode="after")
    def _only_a_copy_is_sanitized(self) -> Self:
        if self.sanitize is not None and not (self.rehearses and self.database):
            refuse(
                [
                    mistake(
                        "sanitize", found=self.sanitize.path, allowed="an environment that rehearses, with a database"
                    )
                ]
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _as_alembic_does(cls, value: Any) -> Any:
        """Alembic's own commands for what is left out, called as the migration is: `python -m alembic -c x.ini upgrade head`."""
        try:
            words = shlex.split(value["migrate"]) if isinstance(value["migrate"], str) else list(value["migrate"])
            program = words[: words.index("upgrade")]
        except (KeyError, TypeError, ValueError):
            return value
        if not any(PurePosixPath(word).name == "alembic" for word in program):
            return value
        return {"revision": [*program, "current"], "downgrade": [*program, "downgrade", REVISION], **value}

    @model_validator(mode="after")
    def _unsafe_tests_only_where_it_rehearses(self) -> Self:
        unsafe = [number for number, each in enumerate(self.e2e) if each.production == "unsafe" and not self.rehearses]
        allowed = "an environment that rehearses; take these tests out here, or write `production: safe`"
        refuse([mistake("e2e", number, "production", found="unsafe", allowed=allowed) for number in unsafe])
        return self

    @model_validator(mode="after")
    def _hooks_of_its_own_stages(self) -> Self:
        refuse(list(misplaced(self.hooks, rehearses=self.rehearses is not None)))
        return self

    @model_validator(mode="after")
    def _only_what_is_deployed_to_is_frozen(self) -> Self:
        if self.freeze and self.rehearses:
            refuse([mistake("freeze", found=self.freeze[0], allowed="an environment that is deployed to")])
        return self

    @model_validator(mode="after")
    def _hosts_make_one_environment(self) -> Self:
        inside = self.database.service if self.database and self.database.url is None else None
        refuse(list(wrong_hosts(self.hosts, (self.service, *self.also), rehearses=self.rehearses, database=inside)))
        return self

    def project_of(self, app: str, name: str) -> str:
        """Its compose project, where it is the environment of that name of an app."""
        return self.project or f"{app}-{name}"

    def beside(self, other: "Environment") -> bool:
        """True when the two have a host in common."""
        return bool({host.place for host in self.hosts} & {host.place for host in other.hosts})

    @property
    def strategy(self) -> Strategy:
        """How the main service is replaced."""
        given = self.services.get(self.service, Replacement()).strategy
        return given or ("blue_green" if self.route else "recreate")

    @property
    def watched(self) -> Watch:
        """How a deployment watches the release that serves."""
        return self.watch or (Watch() if self.route and not self.rehearses else OFF)

    @property
    def stop_graces(self) -> dict[str, int]:
        """Seconds that the old container of a service may take to end, where it is not as its compose file says."""
        return {name: each.stop_grace for name, each in self.services.items() if each.stop_grace is not None}

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of its freezes."""
        return tuple(window(text) for text in self.freeze)

    def frozen(self, at: datetime) -> Frozen | None:
        """The freeze that holds at a moment, None where none does."""
        return frozen(self.windows, at)

    @property
    def compose_files(self) -> tuple[str, ...]:
        """Its compose files, each of which overrides those before it."""
        return (self.compose, *self.overrides)

    @property
    def host(self) -> Host:
        """The host it runs on; of several the first, which goes before the others and has the database's backups."""
        return self.hosts[0]

    def meets(self, other: "Environment") -> bool:
        """True when the two would write into each other's folder: on a host that both have, one folder is in the other or the same."""
        if not self.beside(other):
            return False
        return self.directory.is_relative_to(other.directory) or other.directory.is_relative_to(self.directory)
