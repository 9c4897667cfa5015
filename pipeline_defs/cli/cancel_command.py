"""`shipline cancel`: stop a run that is queued or under way."""

from typing import Annotated

import typer

from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.run_follower import Follower
from pipeline_defs.cli.run_lookup import is_app, run_beginning, run_under_way, shown
from pipeline_defs.config import Home

EXAMPLE = "Example: shipline cancel 1f3a9c20"

_STOPPABLE = ("NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING")


def cancel(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|APP", help="The first digits of a run, four at least, or an app of which one run is under way."
        ),
    ],
    no_follow: Annotated[
        bool, typer.Option("--no-follow", help="Return as soon as the run was asked to stop.")
    ] = False,
) -> None:
    """Stop a run that is queued or under way, and wait until it has ended.

    A deployment that has changed something takes that back first, so stopping it may last as long as a rollback. The exit status is 0
    when the run was stopped, and 1 when it ended in another way before it could be.
    """
    output: Output = context.obj
    home = Home.find()
    client = Client.of(home)
    found = run_under_way(client, home, run, _STOPPABLE) if is_app(home, run) else run_beginning(client, run)
    if found.is_over:
        raise UsageError(f"run {shown(found)} has ended already ({found.status.lower()}); there is nothing to stop")
    if found.status != "CANCELING" and (refusal := client.terminate([found.id])):
        raise Failed(f"run {shown(found)} cannot be stopped: {refusal}")
    output.say(
        (f"stopping {shown(found)}", "bold"), "  what is not final is undone first  ", (client.run_url(found.id), "dim")
    )
    if no_follow:
        output.result({"run": found.id, "url": client.run_url(found.id), "status": "CANCELING"})
        return
    ended = Follower(client, found.id, found.tags.get("app", ""), output, log=False).until_the_end()
    output.result(ended)
    if ended["status"] != "CANCELED":
        raise typer.Exit(1)
