"""`shipline pause` and `resume`: whether anything of an app is started by itself."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named
from pipeline_defs.cli.cli_output import Failed, Output, plain
from pipeline_defs.cli.history_command import AppName, open_lineage
from pipeline_defs.cli.requester import actor
from pipeline_defs.config import Home
from pipeline_defs.release.pause import Pause

PAUSE_EXAMPLE = "Example: shipline pause shop --reason 'the database is being restored'"
RESUME_EXAMPLE = "Example: shipline resume shop"


def pause(
    context: typer.Context,
    app: AppName,
    reason: Annotated[str, typer.Option("--reason", help="Why; shown wherever the pause is.")] = "",
) -> None:
    """Start nothing of an app by itself, until it is resumed: no run for a change or a webhook, no rehearsal, nothing that waited.

    Runs that have begun go on, a deployment that breaks off is still undone, and people may launch what they like. What changes
    meanwhile is not lost: after the pause the newest commit of each branch is handled. A pause lasts over restarts.
    """
    words = " ".join(reason.split())
    _write(context.obj, app, Pause(actor=actor(), reason=words, at=datetime.now(UTC).isoformat(timespec="seconds")))


def resume(context: typer.Context, app: AppName) -> None:
    """Let an app's changes start runs again, those of the pause first."""
    _write(context.obj, app, None)


def _write(output: Output, app: str, wanted: Pause | None) -> None:
    home = Home.find()
    name = app_named(home, app).name
    with open_lineage(home) as lineage:
        if not lineage.kept:
            raise Failed("it could not be written down, because no Shipline was ever started here: shipline up")
        before = lineage.pauses([name]).get(name)
        lineage.pause(name, wanted)
    data: dict[str, Any] = {
        "app": name,
        "paused": wanted.model_dump(mode="json") if wanted else None,
        "changed": before != wanted,
    }
    resumed = "is resumed" if before else "was not paused"
    output.result(data, Text(plain(f"{name} {f'is {wanted}' if wanted else resumed}")))
