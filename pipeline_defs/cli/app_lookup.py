"""The apps a command is about: found by name, with an answer that helps where there is none."""

import difflib
from collections.abc import Collection
from typing import Annotated

import typer

from pipeline_defs.cli.cli_output import UsageError
from pipeline_defs.config import App, ConfigError, Home, load_apps

OneOrAll = Annotated[str | None, typer.Argument(metavar="[APP]", help="The app's name; without it all are shown.")]
"""An argument of commands that show one app or all of them."""


def known_apps(home: Home) -> tuple[dict[str, App], list[ConfigError]]:
    """All apps, and the errors of those files that cannot be used. Raises UsageError where there is no file at all."""
    apps, errors = load_apps(home.apps)
    if not apps and not errors:
        raise UsageError(f"there is no app's file in {home.apps}; write one, such as {home.apps / 'shop.yaml'}")
    return apps, errors


def app_named(home: Home, name: str) -> App:
    """The app of this name. Raises UsageError when there is none, and names the close one, or when its file cannot be used."""
    apps, errors = known_apps(home)
    if name in apps:
        return apps[name]
    for error in errors:
        if error.file.stem == name:
            raise UsageError(str(error))
    known = [*apps, *(error.file.stem for error in errors)]
    raise UsageError(f"there is no app {name!r}{_hint(name, known)}")


def app_recorded(home: Home, name: str, recorded: Collection[str]) -> str:
    """The name of an app that has a file, or of which there are records alone. Raises UsageError where there is neither."""
    return name if name in recorded else app_named(home, name).name


def apps_named(home: Home, name: str | None) -> list[App]:
    """The app of this name, or all whose files can be used. Raises UsageError."""
    return [app_named(home, name)] if name else list(known_apps(home)[0].values())


def environment_named(app: App, name: str) -> str:
    """This environment's name. Raises UsageError when the app has none of this name."""
    return environment_among(app.name, name, app.environments)


def environment_among(app: str, name: str, known: Collection[str]) -> str:
    """This environment's name. Raises UsageError when it is not among those that are known of an app."""
    if name not in known:
        raise UsageError(f"{app} has no environment {name!r}{_hint(name, known)}")
    return name


def places_of(home: Home, name: str, recorded: Collection[str]) -> list[str]:
    """The environments of an app: those of its file, then those of which there are records alone. An app that has no file any
    more is what was recorded. Raises UsageError where there is neither."""
    if recorded and name not in load_apps(home.apps)[0]:
        return list(recorded)
    return list(dict.fromkeys([*app_named(home, name).environments, *recorded]))


def deployed_environment(app: App, name: str | None) -> str:
    """The environment a deployment goes to: the first of the app's file when none is named. Raises UsageError."""
    if not app.deployed:
        raise UsageError(f"{app.name} has no environment to deploy to, only rehearsals; add one to its file")
    if name is None:
        return app.deployed[0]
    if environment_named(app, name) not in app.deployed:
        raise UsageError(f"{name} is where {app.name} is rehearsed; rehearse there with: shipline run stage {app.name}")
    return name


def _hint(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    mean = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{mean} known: {', '.join(known)}"
