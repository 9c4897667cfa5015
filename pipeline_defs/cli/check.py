"""`shipline check`: are the apps' files right?"""

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from pipeline_defs.cli.apps import app_named, known_apps
from pipeline_defs.cli.output import Output
from pipeline_defs.config import App, ConfigError, Home

EXAMPLE = "Example: shipline check shop"


def check(
    context: typer.Context,
    app: Annotated[str | None, typer.Argument(help="The app's name; without it all are checked.")] = None,
) -> None:
    """Read the apps' files and name every mistake in them at once: file, key, what was found, what is allowed.

    Nothing is contacted and nothing is changed. Ends with status 1 when a file cannot be used.
    """
    output: Output = context.obj
    home = Home.find()
    apps, errors = known_apps(home)
    if app is not None:
        apps, errors = _only(app, home, errors)
    output.result(_data(apps, errors), Group(*map(_good, apps.values()), *map(_bad, errors)))
    if errors:
        raise typer.Exit(1)


def _only(name: str, home: Home, errors: list[ConfigError]) -> tuple[dict[str, App], list[ConfigError]]:
    broken = [error for error in errors if error.file.stem == name]
    return ({}, broken) if broken else ({name: app_named(home, name)}, [])


def _data(apps: dict[str, App], errors: list[ConfigError]) -> dict[str, Any]:
    return {
        "ok": not errors,
        "apps": [
            {"name": app.name, "image": app.image, "environments": list(app.environments)} for app in apps.values()
        ],
        "errors": [
            {"file": str(error.file), "where": problem.where, "what": problem.what}
            for error in errors
            for problem in error.problems
        ],
    }


def _good(app: App) -> Text:
    return Text.assemble(("✓ ", "green"), (app.name, "bold"), f"  {app.image}  {', '.join(app.environments)}")


def _bad(error: ConfigError) -> Text:
    text = Text.assemble(("✗ ", "red"), (str(error.file), "bold"))
    for problem in error.problems:
        text.append(f"\n    {problem}")
    return text
