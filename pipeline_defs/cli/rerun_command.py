"""`shipline rerun`: what a run was asked to do, once more."""

from typing import Annotated, Any

import typer

from pipeline_defs.cli.cli_output import Output, UsageError
from pipeline_defs.cli.graphql_client import Client, FoundRun, execution
from pipeline_defs.cli.history_command import open_lineage
from pipeline_defs.cli.requester import actor
from pipeline_defs.cli.run_lookup import is_app, newest_failed, run_beginning, shown
from pipeline_defs.cli.submit_run import followed
from pipeline_defs.config import Home
from pipeline_defs.release.request import tags_of_rerun

EXAMPLE = "Example: shipline rerun 1f3a9c20, or shipline rerun shop"


def rerun(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|APP",
            help="The first digits of a run, four at least, or an app, whose newest failed run is meant.",
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; shown with the new run.")] = "",
    no_follow: Annotated[
        bool, typer.Option("--no-follow", help="Return as soon as the new run is in the queue.")
    ] = False,
    log: Annotated[bool, typer.Option("--log", help="Show every line that the stages log.")] = False,
) -> None:
    """Do once more what a run was asked to do, in a new run: the same commit or version, the same environment.

    What holds for a deployment by a person holds for it: a quarantine, a freeze and a version that is older than the one that runs are not
    passed over. A run that has not ended is refused; stop it first with shipline cancel.
    """
    output: Output = context.obj
    home = Home.find()
    client = Client.of(home)
    found = newest_failed(client, home, run) if is_app(home, run) else run_beginning(client, run)
    if not found.is_over:
        raise UsageError(f"run {shown(found)} has not ended yet; stop it first with: shipline cancel {found.id[:8]}")
    if "app" not in found.tags:
        raise UsageError(f"run {shown(found)} is about no app; start its job in the page")
    again = client.launch_as(found.job, _parameters(client, home, found, reason))
    output.say((f"once more {shown(found)}", "bold"), f"  run {again[:8]}  ", (client.run_url(again), "dim"))
    if no_follow:
        output.result({"run": again, "rerun_of": found.id, "url": client.run_url(again), "status": "QUEUED"})
        return
    ended = {**followed(client, again, found.tags["app"], output, log=log), "rerun_of": found.id}
    output.result(ended)
    if ended["status"] != "SUCCESS":
        raise typer.Exit(1)


def _parameters(client: Client, home: Home, found: FoundRun, reason: str) -> dict[str, Any]:
    """The parameters of the new run, from what the storage knows of the older one."""
    with open_lineage(home) as lineage:
        asked = lineage.asked(found.id)
    if asked is None:
        raise UsageError(f"the storage of this home has no run {found.id[:8]} (any more)")
    change = asked.tags.get("change", "")
    tags = tags_of_rerun(
        found.id,
        asked.tags,
        actor=actor(),
        reason=reason,
        attempt=client.runs_of_change(change) + 1 if change else 1,
    )
    return execution(found.job, asked.config, tags, assets=asked.assets, checks=asked.checks)
