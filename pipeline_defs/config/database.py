"""Database: where an app's data is, and how it is copied."""

from typing import Any, Self

from pydantic import Field, model_validator

from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.value_types import Argv, Model, RepositoryPath, Service


class DatabaseCommands(Model):
    """How a database that is not PostgreSQL is copied: commands inside its container."""

    backup: Argv = Field(description="writes a backup of the database to standard output")
    restore: Argv = Field(description="reads that backup from standard input, into an empty database")
    counts: Argv | None = Field(
        default=None, description="prints a line `table<TAB>rows` for each table; the copy is proved by it"
    )
    ready: Argv | None = Field(
        default=None,
        description="ends with status 0 once the database takes connections; else its health check decides",
    )


class Database(Model):
    """The app's database: PostgreSQL as a service of the compose file, PostgreSQL elsewhere by its URL, or another one by commands."""

    service: Service = "db"
    name: str = Field(default="", description="the database's name; not with url")
    user: str = Field(
        default="", description="who the client programs connect as, inside the database's container; not with url"
    )
    volume: str = Field(
        default="db-data",
        description="the compose volume that holds the data; staging's is made anew for every rehearsal",
    )
    url: SecretSource | None = Field(
        default=None,
        description=(
            "the address of a PostgreSQL that is no container here, postgresql://user:password@host:port/name; "
            "that of staging is dropped and created anew for every rehearsal"
        ),
    )
    client: str = Field(default="postgres:15", description="with url: the image whose client programs are used")
    jobs: int = Field(default=2, ge=1, description="how many tables are restored at the same time")
    commands: DatabaseCommands | None = Field(default=None, description="for another database than PostgreSQL")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.url is not None and (self.name or self.user or self.commands):
            raise ValueError("url alone, without name, user and commands: the address says it all")
        if self.url is None and self.commands is None and not (self.name and self.user):
            raise ValueError("name and user of the database in the container, or the url of one elsewhere")
        return self


class Sanitize(Model):
    """What makes the copy harmless before any of the app's containers sees it. Also short, as the path of an SQL file."""

    sql: RepositoryPath | None = Field(default=None, description="an SQL file, executed in one transaction")
    script: RepositoryPath | None = Field(
        default=None,
        description="a shell script, executed where the client programs are; psql finds the copy by itself",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"sql": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.sql is None) == (self.script is None):
            raise ValueError("exactly one of sql and script")
        return self

    @property
    def path(self) -> str:
        """The file in the repository."""
        return self.sql or self.script or ""
