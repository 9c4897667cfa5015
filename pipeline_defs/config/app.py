"""App: one repository with its image or images, described by one file."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline_defs.config.build import Build, ImageTest, Lint, Push
from pipeline_defs.config.config_errors import Mistake, mistake, refuse
from pipeline_defs.config.environment import Environment
from pipeline_defs.config.file_version import Origin
from pipeline_defs.config.github_settings import GitHub, is_full_name
from pipeline_defs.config.images import ImageBuild, NamedBuild, named_builds, wrong_images
from pipeline_defs.config.inheritance import with_inherited
from pipeline_defs.config.notification_settings import Notify
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.stage import Stage
from pipeline_defs.config.value_types import AppName, Branch, ImageName, Model, Name, RepositoryPath, matching

PLACEHOLDER_REGISTRY = "registry.example.org"
"""Stands for a registry in what `shipline init` writes, where no repository knows it. No registry has this name (RFC 2606)."""


class Branches(Model):
    """The names of the branches that ship: two, or one alone, which is both."""

    development: Branch = "development"
    main: Branch = "main"

    @model_validator(mode="after")
    def _one_alone(self) -> Self:
        if "main" in self.model_fields_set and "development" not in self.model_fields_set:
            self.__dict__["development"] = self.main
        return self

    @property
    def one(self) -> bool:
        """True where one branch is built, tested, rehearsed and deployed from."""
        return self.development == self.main

    @property
    def shipping(self) -> tuple[str, ...]:
        """The branches, each once."""
        return (self.main,) if self.one else (self.development, self.main)


class Registry(Model):
    """Credentials of the image's registry. `insecure` speaks plain HTTP; loopback addresses do so anyway, as the Engine does."""

    username: SecretSource
    password: SecretSource
    insecure: bool = False


class App(Model):
    """One repository with its image or images, and the environments that run it."""

    name: AppName
    repository: Annotated[str, matching(r"[^-\s].*", "GitHub owner/name, a git URL or a path")]
    branches: Branches = Branches()
    image: ImageName
    registry: Registry | None = None
    push: Push = Push()
    paths: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        description="files of the repository that are the app's, as in a .dockerignore file (`api/`, `!api/docs`): a commit that changes "
        "none of them starts nothing; without them every commit counts",
    )
    version_file: RepositoryPath = "version.txt"
    lint: Lint = Lint()
    build: Build = Build()
    images: dict[Name, ImageBuild] = Field(
        default_factory=dict,
        description="several images of one release, by name, each with the keys of `build`: `{web: {}, worker: {dockerfile: "
        "worker/Dockerfile}}`. Compose files name them `${IMAGE_WEB}` and `${IMAGE_WORKER}`; `image` is then the name of the release",
    )
    test: ImageTest | None = ImageTest()
    environments: dict[Name, Environment] = Field(min_length=1)
    owners: tuple[str, ...] = Field(default=(), description="shown in the lineage: team:platform or a mail address")
    versioning: Literal["manual", "automatic", "tags"] = Field(
        default="manual",
        description="who raises the version: the developer, or Shipline when something is merged; `tags`: git's tags say it, without a "
        "version file",
    )
    github: GitHub | None = Field(
        default=None,
        description="pull requests, merges and reports through GitHub's API; without it git alone is asked",
    )
    stage: Stage = Field(default=Stage(), description="rehearsals of pull requests")
    notify: tuple[Notify, ...] = Field(default=(), description="messages about what happens, by the sensor `notify`")

    @field_validator("environments", mode="before")
    @classmethod
    def _as_what_they_rehearse(cls, value: Any) -> Any:
        return with_inherited(value)

    @field_validator("environments")
    @classmethod
    def _fit_together(cls, value: dict[str, Environment]) -> dict[str, Environment]:
        refuse([*_wrong_rehearsals(value), *_shared_folders(value)])
        return value

    @model_validator(mode="after")
    def _projects_apart(self) -> Self:
        refuse(list(_shared_projects(self.name, self.environments)))
        return self

    @field_validator("images", mode="before")
    @classmethod
    def _with_defaults_alone(cls, value: Any) -> Any:
        return (
            {name: {} if each is None else each for name, each in value.items()} if isinstance(value, dict) else value
        )

    @model_validator(mode="after")
    def _one_release(self) -> Self:
        if self.images:
            tests = self.test.environment if self.test else {}
            refuse(list(wrong_images(self.image, self.builds, self.environments, tests)))
        return self

    @model_validator(mode="after")
    def _on_github(self) -> Self:
        if self.github and self.full_name is None:
            refuse(
                [mistake("github", "repository", found="nothing", allowed="owner/name, because repository is another")]
            )
        if self.versioning == "automatic" and self.github is None:
            refuse([mistake("versioning", found="automatic", allowed="manual; automatic needs the key github")])
        return self

    @model_validator(mode="after")
    def _pulls_can_be_rehearsed(self) -> Self:
        if self.stage.rehearses:
            refuse(list(_wrong_stage(self)))
        return self

    @model_validator(mode="after")
    def _notified(self) -> Self:
        allowed = f"an environment of this file ({', '.join(self.environments)})"
        refuse(
            [
                mistake("notify", number, "environments", place, found=name, allowed=allowed)
                for number, each in enumerate(self.notify)
                for place, name in enumerate(each.environments)
                if name not in self.environments
            ]
        )
        return self

    def read_from(self, origin: Origin) -> Self:
        """Remember where the app was read from; gives the app itself."""
        self.__dict__["origin"] = origin
        return self

    @cached_property
    def origin(self) -> Origin | None:
        """The file, and its state as it was read; None of an app that was read from none. No part of what makes apps equal."""
        return None

    @property
    def builds(self) -> tuple[NamedBuild, ...]:
        """What is built for a release: one image, or each of several in the file's order."""
        return named_builds(self.image, self.build, self.images)

    @property
    def repositories(self) -> tuple[str, ...]:
        """The names of all that a release has in the registry."""
        return tuple(dict.fromkeys((self.image, *(each.repository for each in self.builds))))

    @property
    def full_name(self) -> str | None:
        """The repository as GitHub names it, `owner/name`; None where nothing says so."""
        given = self.github.repository if self.github else None
        return given or (self.repository if is_full_name(self.repository) else None)

    @property
    def configuration(self) -> frozenset[str]:
        """The repository's files that say how an image is run and tried, and of which no image is made: compose files and collections."""
        places = self.environments.values()
        tried = (path for place in places for each in place.e2e for path in (each.collection, each.environment) if path)
        tests = (self.test.compose,) if self.test else ()
        return frozenset([*(path for place in places for path in place.compose_files), *tried, *tests])

    @property
    def staging(self) -> str | None:
        """The name of the environment that rehearses, None where there is none."""
        return next((name for name, environment in self.environments.items() if environment.rehearses), None)

    @property
    def deployed(self) -> tuple[str, ...]:
        """The names of the environments that are deployed to, in the file's order; the first is what `deploy` means without a name."""
        return tuple(name for name, environment in self.environments.items() if not environment.rehearses)


def _wrong_rehearsals(environments: dict[str, Environment]) -> Iterator[Mistake]:
    deployed = {name: environment for name, environment in environments.items() if not environment.rehearses}
    rehearsing = {name: environment for name, environment in environments.items() if environment.rehearses}
    for number, (name, environment) in enumerate(rehearsing.items()):
        other = deployed.get(environment.rehearses or "")
        if other is None:
            allowed = f"an environment that is deployed to ({', '.join(deployed) or 'there is none'})"
            yield mistake(name, "rehearses", found=environment.rehearses, allowed=allowed)
        elif environment.host.place != other.host.place:
            first = "first " if len(other.hosts) > 1 else ""
            allowed = f"the {first}host of {environment.rehearses} ({other.host}), where the database that is copied is"
            yield mistake(name, "hosts", found=str(environment.host), allowed=allowed)
        elif wrong := _wrong_copy(environment, other):
            yield mistake(name, "database", found=wrong[0], allowed=wrong[1])
        if number > 0:
            yield mistake(name, "rehearses", found=environment.rehearses, allowed="one environment that rehearses")


def _wrong_stage(app: App) -> Iterator[Mistake]:
    """What keeps pull requests from being rehearsed."""
    staging = app.environments.get(app.staging or "")
    if staging is None or app.github is None:
        lacks = "an environment that rehearses" if staging is None else "the key github"
        yield mistake("stage", "pulls", found=app.stage.pulls, allowed=f"off; {app.stage.pulls} needs {lacks}")
        return
    if staging.database and staging.database.url:
        yield mistake(
            "stage",
            "pulls",
            found=app.stage.pulls,
            allowed=f"off, because database.url of {app.staging} is one place alone",
        )
    if app.stage.pulls == "preview" and app.stage.preview is None:
        yield mistake("stage", "preview", found="nothing", allowed="host and password, since pulls is preview")
    if app.stage.kept and staging.database and not (staging.sanitize or app.stage.kept.unsanitized):
        allowed = f"rehearse; preview needs sanitize in {app.staging}, since people look at the copy, or stage.preview.unsanitized: true"
        yield mistake("stage", "pulls", found="preview", allowed=allowed)
    for path in staging.secret_files:
        if path not in app.stage.secret_files:
            allowed = f"a file for pull requests in place of the one of {app.staging}, which they must not see"
            yield mistake("stage", "secret_files", path, found="nothing", allowed=allowed)
    for name, each in app.environments.items():
        project = each.project_of(app.name, name)
        if re.fullmatch(rf"{app.name}-{app.staging}-pull-[0-9]+", project):
            yield mistake(
                "environments", name, "project", found=project, allowed="another one: it is that of a pull request"
            )


def _wrong_copy(staging: Environment, production: Environment) -> tuple[str | None, str] | None:
    """What keeps the copy from being one: (found, allowed). Without a database of its own a rehearsal runs without a copy."""
    copied, original = staging.database, production.database
    if copied is None:
        return None if original is None else (None, f"a database, since {staging.rehearses} has one to copy")
    if original is None:
        return None
    if (copied.commands is None) != (original.commands is None):
        return "another kind of database", f"commands in both or in none of them, as {staging.rehearses} has it"
    if copied.url is not None and copied.url == original.url:
        return "its url", f"a database of its own; that of {staging.rehearses} would be dropped for each rehearsal"
    return None


def _shared_projects(app: str, environments: dict[str, Environment]) -> Iterator[Mistake]:
    for (name, environment), (other_name, other) in combinations(environments.items(), 2):
        project = other.project_of(app, other_name)
        if environment.beside(other) and project == environment.project_of(app, name):
            allowed = f"another compose project than that of {name}"
            yield mistake("environments", other_name, "project", found=project, allowed=allowed)


def _shared_folders(environments: dict[str, Environment]) -> Iterator[Mistake]:
    for (name, environment), (other_name, other) in combinations(environments.items(), 2):
        if environment.meets(other):
            allowed = f"a folder apart from that of {name} ({environment.directory})"
            yield mistake(other_name, "directory", found=str(other.directory), allowed=allowed)
