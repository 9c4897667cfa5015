"""`shipline freeze`: when nothing is deployed by itself, and where that is so now."""

from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import RenderableType
from rich.text import Text

from pipeline_defs.cli.app_lookup import OneOrAll, apps_named
from pipeline_defs.cli.cli_output import Output, local_time
from pipeline_defs.cli.history_command import columns
from pipeline_defs.config import App, Home
from pipeline_defs.config.freeze import frozen, next_start, window

EXAMPLE = "Example: shipline freeze list shop"


def list_(
    context: typer.Context,
    app: OneOrAll = None,
) -> None:
    """List the windows of the apps' files, and of each whether it holds now, until when, or when it begins next."""
    output: Output = context.obj
    home = Home.find()
    apps = apps_named(home, app)
    now = datetime.now(UTC)
    lines = [
        _line(one, name, text, now) for one in apps for name in one.deployed for text in one.environments[name].freeze
    ]
    output.result(lines, _shown(lines))


def _line(app: App, environment: str, text: str, now: datetime) -> dict[str, Any]:
    held, following = frozen([window(text)], now), next_start([window(text)], now)
    return {
        "app": app.name,
        "environment": environment,
        "window": text,
        "holds": held is not None,
        "until": held.until.isoformat() if held else None,
        "next": following.isoformat() if following else None,
    }


def _shown(lines: list[dict[str, Any]]) -> RenderableType:
    if not lines:
        return Text("No environment has a freeze; windows are the key `freeze` of an environment in the app's file.")
    table = columns("app", "environment", "window", "now", "begins next")
    for line in lines:
        now = Text(f"frozen until {local_time(line['until'])}", "cyan") if line["holds"] else Text("open", "green")
        following = local_time(line["next"]) if line["next"] else "not again"
        table.add_row(line["app"], line["environment"], line["window"], now, following)
    return table
