"""Submit run: a run goes into the queue, and is followed to its end."""

from collections.abc import Mapping
from typing import Any

import typer
from rich.prompt import Confirm

from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.run_follower import Follower
from pipeline_defs.config import App, Home
from pipeline_defs.release.request import Request, job_name


def launch(
    output: Output,
    home: Home,
    app: App,
    request: Request,
    *,
    no_follow: bool,
    log: bool,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Launch what is asked for, tell of it, and follow it unless `no_follow`. Raises typer.Exit with 1 when it failed."""
    client = Client.of(home)
    run_id = client.launch(job_name(app.name, request.job, request.environment, app.deployed), request, tags)
    what = " ".join(filter(None, (request.app, request.version or request.commit[:12], request.environment)))
    output.say((f"{request.job} {what}", "bold"), f"  run {run_id[:8]}  ", (client.run_url(run_id), "dim"))
    if no_follow:
        output.result({"run": run_id, "url": client.run_url(run_id), "status": "QUEUED"})
        return
    ended = followed(client, run_id, request.app, output, log=log)
    output.result(ended)
    if ended["status"] != "SUCCESS":
        raise typer.Exit(1)


def followed(client: Client, run_id: str, app: str, output: Output, *, log: bool) -> dict[str, Any]:
    """Follow the run to its end. Ctrl-C ends only the following, unless the person says that the run is to end too."""
    follower = Follower(client, run_id, app, output, log=log)
    while True:
        try:
            return follower.until_the_end()
        except KeyboardInterrupt:
            if not _wants_it_stopped(output):
                output.aside.print(f"The run goes on: {client.run_url(follower.run_id)}")
                raise typer.Exit(130) from None
            client.terminate([follower.run_id])


def _wants_it_stopped(output: Output) -> bool:
    if output.json or not output.console.is_terminal:
        return False
    try:
        return Confirm.ask("\nStop the run too? What is not final is undone", console=output.console, default=False)
    except (KeyboardInterrupt, EOFError):
        return False
