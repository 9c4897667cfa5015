"""`shipline adopt`: what the first deployment would make of a compose project that runs already."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named, deployed_environment
from pipeline_defs.cli.cli_output import Failed, Output, plain
from pipeline_defs.cli.history_command import AppName
from pipeline_defs.cli.plan_command import Destination
from pipeline_defs.config import Home, SecretUnavailable

EXAMPLE = "Example: shipline adopt blog production"


def adopt(
    context: typer.Context,
    app: AppName,
    environment: Destination = None,
    commit: Annotated[
        str,
        typer.Option("--commit", help="The commit, branch or tag to deploy; the main branch's head by default."),
    ] = "",
) -> None:
    """Show what the first deployment would make of what runs on the server already.

    Name what runs in the app's file, as `project`. It is taken over by the first deployment: what is described as before keeps its
    containers, and all volumes stay. Nothing is changed by this command. Ends with status 1 where the deployment would be refused.
    """
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    found = _found(which, deployed_environment(which, environment), home, commit)
    output.result(asdict(found), _shown(found))
    if found.refusals or not found.project:
        raise typer.Exit(1)


def _found(app: Any, environment: str, home: Home, commit: str) -> Any:
    from pipeline_defs.doctor.adoption_checks import adoption
    from pipeline_defs.resources.docker_client import EngineError
    from pipeline_defs.resources.source_errors import SourceError
    from pipeline_defs.server.core.command import ServerError

    try:
        return adoption(app, environment, home.workspace, commit)
    except (ServerError, SourceError, EngineError, SecretUnavailable) as error:
        raise Failed(str(error)) from None


def _shown(found: Any) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    rows = {
        "takes over": f"{found.project}, started from {', '.join(found.files)}" if found.project else "nothing",
        "as they are": ", ".join(found.kept),
        "new containers": ", ".join(found.replaced),
        "ended": ", ".join(found.ended),
        "volumes kept": ", ".join(found.volumes),
    }
    for name, value in rows.items():
        if value:
            grid.add_row(Text(name, "dim"), Text(plain(value)))
    for number, phrase in enumerate(found.alterations):
        grid.add_row(Text("" if number else "also changes", "dim"), Text(plain(phrase)))
    refused = [Text(f"✗ refused: {plain(sentence)}", "red") for sentence in found.refusals]
    notes = [Text(f"! {plain(sentence)}", "yellow") for sentence in found.notes]
    others = [Text(plain(line)) for each in found.others for line in _lines(each)]
    return Group(grid, *refused, *notes, *others, Text("Nothing was changed.", "dim"))


def _lines(project: Any) -> list[str]:
    return [
        f"{project.name} runs there, with {', '.join(project.services)}; to take it over, write under the environment:",
        f"  project: {project.name}",
        f"  data_folder: {project.folder}  # where its compose file mounts folders such as ./data",
    ]
