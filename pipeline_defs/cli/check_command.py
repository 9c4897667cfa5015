"""`shipline check`: are the apps' files right, and does GitHub let Shipline do what they ask for?"""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named, known_apps
from pipeline_defs.cli.cli_output import Output, plain
from pipeline_defs.cli.github_permissions import Permissions, permissions_of
from pipeline_defs.config import App, ConfigError, Home, load_limits
from pipeline_defs.config.app import PLACEHOLDER_REGISTRY
from pipeline_defs.config.host import PLACEHOLDER

EXAMPLE = "Example: shipline check shop"


def check(
    context: typer.Context,
    app: Annotated[str | None, typer.Argument(help="The app's name; without it all are checked.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the apps' files alone; nobody else is asked.")
    ] = False,
) -> None:
    """Read the apps' files and `limits.yaml` and name every mistake in them at once: file, key, what was found, what is allowed.

    The compose files at the head of the main branch are rendered on this machine, and what no server could run is named. For apps with
    `github:` GitHub is asked too, and every permission that is missing is named. Nothing is changed. Ends with status 1 when a file cannot
    be used, or GitHub does not let Shipline do what it asks for.
    """
    output: Output = context.obj
    home = Home.find()
    apps, errors = known_apps(home)
    if app is not None:
        apps, errors = _only(app, home, errors)
    else:
        errors = [*errors, *_wrong_limits(home)]
    asked = [permissions_of(found) for found in apps.values() if found.github and not offline]
    composed = {} if offline else {found.name: _composed(found, home) for found in apps.values()}
    left = {found.name: _placeholders(found) for found in apps.values()}
    good = [found for found in apps.values() if not left[found.name]]
    shown = [
        *map(_good, good),
        *(_left(name, places) for name, places in left.items() if places),
        *(permissions.shown() for permissions in asked),
        *map(_bad, errors),
    ]
    shown += [_about_compose(name, found) for name, found in composed.items()]
    data = _data(apps, errors, asked, composed, left)
    output.result(data, Group(*shown))
    if not data["ok"]:
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


def _composed(app: App, home: Home) -> Any:
    """What is found in the app's compose files, rendered on this machine."""
    from pipeline_defs.doctor.offline_compose import rendered

    return rendered(app, home.workspace)


def _about_compose(name: str, found: Any) -> Text:
    """The refusals and notes, or why the compose files were not looked at."""
    if found.missed:
        return Text(f"! {name}: the compose files were not looked at: {plain(found.missed)}", "yellow")
    text = Text(
        f"  {name}: the compose files at {found.commit[:7]} were rendered here; shipline doctor {name} asks the servers",
        "dim",
    )
    text.append("".join(f"\n  ✗ {plain(each)}" for each in found.refusals), "red")
    return text.append("".join(f"\n  ! {plain(each)}" for each in found.notes), "yellow")


def _data(
    apps: dict[str, App],
    errors: list[ConfigError],
    asked: list[Permissions],
    composed: dict[str, Any],
    left: dict[str, list[str]],
) -> dict[str, Any]:
    return {
        "ok": not errors
        and not any(left.values())
        and all(permissions.ok for permissions in asked)
        and not any(found.refusals for found in composed.values()),
        "apps": [
            {"name": app.name, "image": app.image, "environments": list(app.environments)} for app in apps.values()
        ],
        "errors": [
            {"file": str(error.file), "where": problem.where, "what": problem.what}
            for error in errors
            for problem in error.problems
        ],
        "placeholders": left,
        "github": [permissions.data() for permissions in asked],
        "compose": {name: asdict(found) for name, found in composed.items()},
    }


def _placeholders(app: App) -> list[str]:
    """Where the file still has what `shipline init` wrote in place of what it could not know."""
    image = [f"image: {PLACEHOLDER_REGISTRY} stands for your registry; write the name that the image has there"]
    left = image if app.image.startswith(f"{PLACEHOLDER_REGISTRY}/") else []
    return left + [
        f"environments.{name}.hosts: {PLACEHOLDER} stands for your server; write its address"
        for name, environment in app.environments.items()
        if any(host.address == PLACEHOLDER for host in environment.hosts)
    ]


def _left(name: str, places: list[str]) -> Text:
    text = Text.assemble(("✗ ", "red"), (name, "bold"))
    return text.append("".join(f"\n    {place}" for place in places))


def _good(app: App) -> Text:
    return Text.assemble(("✓ ", "green"), (app.name, "bold"), f"  {app.image}  {', '.join(app.environments)}")


def _bad(error: ConfigError) -> Text:
    text = Text.assemble(("✗ ", "red"), (str(error.file), "bold"))
    for problem in error.problems:
        text.append(f"\n    {problem}")
    return text
