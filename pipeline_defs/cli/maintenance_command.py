"""`shipline maintenance`: a page for people while an app must not be used."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named, environment_named
from pipeline_defs.cli.cli_output import Failed, Output, UsageError, plain
from pipeline_defs.cli.history_command import AppName, open_lineage
from pipeline_defs.cli.requester import actor
from pipeline_defs.config import App, Home

ON_EXAMPLE = "Example: shipline maintenance on shop production --message 'We move house until noon.'"
OFF_EXAMPLE = "Example: shipline maintenance off shop production"

LARGEST_PAGE = 256 * 1024
"""Bytes: the router keeps it in its configuration."""

EnvironmentName = Annotated[str, typer.Argument(metavar="ENV", help="An environment with a route.")]


def on(
    context: typer.Context,
    app: AppName,
    environment: EnvironmentName,
    message: Annotated[str, typer.Option("--message", help="What people read.")] = "We are back in a few minutes.",
    page: Annotated[Path | None, typer.Option("--page", help="A page of your own in HTML, instead.")] = None,
) -> None:
    """Answer everybody who asks for the app with a page and the status 503, until it is turned off.

    The router does so by itself: the app may be away, be deployed to, and the router may be started anew.
    """
    html = _read(page) if page else None
    said = f"the page {page.name}" if page else " ".join(message.split())
    _turn(context.obj, app, environment, said, html, on=True)


def off(context: typer.Context, app: AppName, environment: EnvironmentName) -> None:
    """Let requests reach the app again."""
    _turn(context.obj, app, environment, "", None, on=False)


def _turn(output: Output, name: str, environment: str, message: str, html: str | None, *, on: bool) -> None:
    home = Home.find()
    app = app_named(home, name)
    _needs_route(app, environment_named(app, environment))
    with open_lineage(home) as lineage:
        if not lineage.kept:
            raise Failed("it could not be written down, because no Shipline was ever started here: shipline up")
        word = _turned(app, environment, message, html, lineage, output, on=on)
    how = f"is in maintenance: {message}" if on else "is not in maintenance any more"
    output.result(word.model_dump(mode="json"), Text(f"{name} {environment} {plain(how)}"))


def _turned(
    app: App, environment: str, message: str, html: str | None, lineage: Any, output: Output, *, on: bool
) -> Any:
    """The word that was written down; what it needs takes most of a second to import."""
    from pipeline_defs.deployments.maintenance import turn_off, turn_on

    if on:
        return turn_on(app, environment, message, html, actor(), lineage, output.say)
    return turn_off(app, environment, actor(), lineage, output.say)


def _needs_route(app: App, environment: str) -> None:
    if app.environments[environment].route is None:
        raise UsageError(
            f"{environment} of {app.name} has no route, so no router could answer for it; add the key route"
        )


def _read(page: Path) -> str:
    try:
        content = page.read_bytes()
        if len(content) > LARGEST_PAGE:
            raise UsageError(
                f"{page} has {len(content)} bytes; a page may have {LARGEST_PAGE} at most, so link what is large"
            )
        return content.decode()
    except OSError as error:
        raise UsageError(f"the page {page} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"the page {page} is not UTF-8 text; save it as such") from None
