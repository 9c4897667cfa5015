"""`shipline plan`: what a deployment would do now."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named, deployed_environment
from pipeline_defs.cli.cli_output import Output, plain
from pipeline_defs.cli.history_command import AppName, columns, digits, open_lineage
from pipeline_defs.config import Home
from pipeline_defs.release.deployment_plan import Plan
from pipeline_defs.release.duration import duration
from pipeline_defs.release.image_set import changes
from pipeline_defs.release.records import Release

EXAMPLE = "Example: shipline plan shop production --version 1.4.2"

Destination = Annotated[
    str | None,
    typer.Argument(metavar="[ENV]", help="Where to; the first environment of the app's file by default."),
]
BuiltVersion = Annotated[
    str, typer.Option("--version", help="A version that was built before; by default the head of the main branch.")
]


def plan(
    context: typer.Context,
    app: AppName,
    environment: Destination = None,
    version: BuiltVersion = "",
) -> None:
    """Show what a deployment would do now: its steps and how long they take, migrations, downtime, and the way back.

    The server is looked at and not changed. Shipline need not run. Ends with status 0 also where the deployment would be refused.
    """
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    place = deployed_environment(which, environment)
    with open_lineage(home) as lineage:
        made = _made(which, place, version, lineage, home)
    output.result(made.model_dump(mode="json"), _shown(made))


def _made(app: Any, environment: str, version: str, lineage: Any, home: Home) -> Plan:
    """The plan; what it needs takes most of a second to import."""
    from pipeline_defs.deployments.plan import plan_of
    from pipeline_defs.github.api.git_login import source_of

    return plan_of(app, environment, version, lineage, source_of(app, home.workspace))


def _shown(plan: Plan) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for name, value in {
        "deploy": f"{_name(plan.release)} to {plan.environment}, in place of {_name(plan.live)}",
        **_images(plan),
        "takes": _takes(plan),
        "downtime": "not known" if plan.downtime is None else f"about {duration(plan.downtime)}",
        "migrations": plan.migrations.sentence,
        "going back": plan.going_back,
    }.items():
        grid.add_row(Text(name, "dim"), Text(plain(value)))
    for number, sentence in enumerate(plan.alterations):
        grid.add_row(Text("" if number else "also changes", "dim"), Text(plain(sentence)))
    refused = [Text(f"✗ refused: {plain(sentence)}", "red") for sentence in plan.refusals]
    waits = [Text(f"! {plain(plan.waits)}", "yellow")] if plan.waits else []
    notes = [Text(f"! {plain(sentence)}", "yellow") for sentence in plan.notes]
    return Group(grid, _steps_shown(plan), *refused, *waits, *notes, Text("Nothing was changed.", "dim"))


def _images(plan: Plan) -> dict[str, str]:
    """What becomes of each of several images."""
    found = changes(plan.live.images if plan.live else (), plan.release.images)
    return {"images": ", ".join(f"{name} is {how}" for name, how in found.items())} if found else {}


def _takes(plan: Plan) -> str:
    known = [step.seconds for step in plan.steps if step.seconds is not None]
    if not known:
        return "not known: nothing was deployed or rehearsed yet"
    more = len(plan.steps) - len(known)
    return f"about {duration(plan.seconds)}{f', and {more} steps of which nobody knows' if more else ''}"


def _steps_shown(plan: Plan) -> Table:
    table = columns("step", "expected", "as in", "does")
    for step in plan.steps:
        seconds = "?" if step.seconds is None else duration(step.seconds)
        table.add_row(Text(step.step, "bold"), seconds, Text(step.learned_from, "dim"), plain(step.does))
    return table


def _name(release: Release | None) -> str:
    if release is None:
        return "nothing"
    return release.repository if release.adopted else f"{release.version} ({digits(release.digest)})"
