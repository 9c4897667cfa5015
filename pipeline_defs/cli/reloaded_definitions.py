"""`shipline reload`: a running Shipline reads the apps' files and `.env` anew, and says what came of it."""

import time

import typer
from rich.text import Text

from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.config import Home, load_apps

EXAMPLE = "Example: shipline reload"

_SECONDS = 60.0


def reload(context: typer.Context) -> None:
    """Have a running Shipline read the apps' files and .env anew, now.

    It does so by itself some seconds after a file was changed; this waits until it is done. A file that is wrong is named, and the
    definitions stay as they are. Runs that are under way go on with what they began with.
    """
    output: Output = context.obj
    home = Home.find()
    apps, errors = load_apps(home.apps)
    if errors:
        raise UsageError("nothing is read anew: " + "; ".join(map(str, errors)))
    client = Client.of(home)
    client.reload()
    if (refusal := _refusal(client)) is not None:
        raise Failed(f"the definitions cannot be loaded: {refusal or f'they are not there after {_SECONDS:.0f} s'}")
    names = ", ".join(apps) or "none"
    output.result({"apps": list(apps)}, Text.assemble(("✓ ", "green"), f"read anew; apps: {names}"))


def _refusal(client: Client) -> str | None:
    """Why the definitions are not loaded, empty where that takes too long; None once they are."""
    deadline = time.monotonic() + _SECONDS
    while (found := client.load_error()) == "" and time.monotonic() < deadline:
        time.sleep(0.5)
    return found
