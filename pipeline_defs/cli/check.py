"""`shipline check`: are the apps' files right, and does GitHub let Shipline do what they ask for?"""

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from pipeline_defs.cli.apps import app_named, known_apps
from pipeline_defs.cli.output import Output
from pipeline_defs.cli.permissions import Permissions, permissions_of
from pipeline_defs.config import App, ConfigError, Home, load_limits

EXAMPLE = "Example: shipline check shop"


def check(
    context: typer.Context,
    app: Annotated[str | None, typer.Argument(help="The app's name; without it all are checked.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the files only; GitHub is not asked.")] = False,
) -> None:
    """Read the apps' files and `limits.yaml` and name every mistake in them at once: file, key, what was found, what is allowed.

    For apps with `github:` GitHub is asked too, and every permission that is missing is named. Nothing is changed.
    Ends with status 1 when a file cannot be used, or GitHub does not let Shipline do what it asks for.
    """
    output: Output = context.obj
    home = Home.find()
    apps, errors = known_apps(home)
    if app is not None:
        apps, errors = _only(app, home, errors)
    else:
        errors = [*errors, *_wrong_limits(home)]
    asked = [permissions_of(found) for found in apps.values() if found.github and not offline]
    shown = [*map(_good, apps.values()), *(permissions.shown() for permissions in asked), *map(_bad, errors)]
    output.result(_data(apps, errors, asked), Group(*shown))
    if errors or not all(permissions.ok for permissions in asked):
        raise typer.Exit(1)


def _only(name: str, home: Home, errors: list[ConfigError]) -> tuple[dict[str, App], list[ConfigError]]:
    broken = [error for error in errors if error.file.stem == name]
    return ({}, broken) if broken else ({name: app_named(home, name)}, [])


def _wrong_limits(home: Home) -> list[ConfigError]:
    try:
        load_limits(home)
    except ConfigError as error:
        return [error]
    return []


def _data(apps: dict[str, App], errors: list[ConfigError], asked: list[Permissions]) -> dict[str, Any]:
    return {
        "ok": not errors and all(permissions.ok for permissions in asked),
        "apps": [
            {"name": app.name, "image": app.image, "environments": list(app.environments)} for app in apps.values()
        ],
        "errors": [
            {"file": str(error.file), "where": problem.where, "what": problem.what}
            for error in errors
            for problem in error.problems
        ],
        "github": [permissions.data() for permissions in asked],
    }


def _good(app: App) -> Text:
    return Text.assemble(("✓ ", "green"), (app.name, "bold"), f"  {app.image}  {', '.join(app.environments)}")


def _bad(error: ConfigError) -> Text:
    text = Text.assemble(("✗ ", "red"), (str(error.file), "bold"))
    for problem in error.problems:
        text.append(f"\n    {problem}")
    return text
