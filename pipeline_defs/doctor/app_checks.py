"""An app's own needs: its secrets, its repository with the branches that ship, and its registry."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline_defs.config import App, SecretSource, SecretUnavailable
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.config.secret_sources import sources
from pipeline_defs.doctor.finding import Finding, Level, broken, good, warning
from pipeline_defs.github.api import GitHubError, open_repository
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.github.api.required_permissions import permissions_needed
from pipeline_defs.resources.registry_client import registry_of
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.source_errors import SourceError


def secrets(app: App) -> Iterator[Finding]:
    """Is every secret that the file names there?"""
    named = dict.fromkeys(sources(app))
    lost = [error for source in named if (error := _unavailable(source))]
    yield from (broken(app.name, "secret", error) for error in lost)
    if named and not lost:
        yield good(app.name, "secrets", f"all {len(named)} are there")


def repository(app: App, workspace: Path) -> Iterator[Finding]:
    """Does the git server give the heads of the branches that ship?"""
    wanted = app.branches.shipping
    try:
        heads = source_of(app, workspace).heads(wanted)
    except SourceError as error:
        yield broken(app.name, "repository", error, "check the key repository, and that this user's git may read it")
        return
    for branch in wanted:
        if branch not in heads:
            says = f"{app.repository} has no branch {branch}"
            yield warning(
                app.name,
                "repository",
                says,
                f"push one, or name another under branches: git push origin HEAD:{branch}{_alone(app, heads)}",
            )
    if heads:
        yield good(app.name, "repository", ", ".join(f"{branch} is at {head[:7]}" for branch, head in heads.items()))


def _alone(app: App, heads: Mapping[str, str]) -> str:
    """What a team may write that has one branch alone."""
    one = next(iter(heads), "")
    return f"; for one branch alone write branches: {{main: {one}}}" if one == app.branches.main else ""


def registry(app: App) -> Iterator[Finding]:
    """Does the registry answer, and take the log-in for reading?"""
    try:
        main = registry_of(app)
        tags = len(main.tags())
        for name in app.repositories[1:]:
            main.beside(name).tags()
    except SecretUnavailable:
        return  # told by `secrets`
    except RegistryError as error:
        told = broken(app.name, "registry", error, "check the keys image and registry")
        yield replace(told, remedy=f"{told.remedy}{_login_is_from(app)}")
        return
    several = f", of {len(app.images)} images" if app.images else ""
    says = f"{app.image} has {tags} tags{several}" if tags else f"it answers; {app.image} is not there yet"
    yield good(app.name, "registry", says)


def _login_is_from(app: App) -> str:
    """Where the registry's user and password come from, for whoever has to correct them."""
    if app.registry is None:
        return ""
    given = (app.registry.username, app.registry.password)
    return f" (from {' and '.join(source.env or str(source.file) for source in given)})"


def github(app: App) -> Iterator[Finding]:
    """Does GitHub permit what the app's file asks for?"""
    if app.github is None:
        return
    needed = permissions_needed(app)
    try:
        missing = open_repository(app).permissions_missing(needed)
    except GitHubError as error:
        yield broken(app.name, "GitHub", error, "check the key github, and that this machine reaches GitHub")
        return
    for permission in missing:
        says = f"the permission {permission} is missing, {needed[permission]}"
        yield Finding(app.name, "GitHub", Level.BROKEN, says, "give it to the token or App, in its settings on GitHub")
    if not missing:
        yield good(app.name, "GitHub", f"all permissions for {app.full_name} are there")


def hooks(app: App) -> Iterator[Finding]:
    """Are the programs there that hooks run on this machine?"""
    path = plain_environment().get("PATH")
    named = {
        hook.command[0]: f"environments.{name}.hooks.{key}"
        for name, environment in app.environments.items()
        for key in environment.hooks.given
        for hook in getattr(environment.hooks, key)
        if hook.where == "shipline"
    }
    for program, where in named.items():
        if shutil.which(program, path=path):
            yield good(app.name, "hook", f"{program} is there")
        else:
            says = f"{where} runs {program} on this machine, where it is not found"
            yield broken(
                app.name, "hook", says, "install it here, and on each machine that takes runs, or name its whole path"
            )


def _unavailable(source: SecretSource) -> SecretUnavailable | None:
    try:
        source.read()
    except SecretUnavailable as error:
        return error
    return None
