"""`shipline logs`: what a run has said, or what the containers of an environment say."""

from typing import Annotated

import typer

from pipeline_defs.cli.app_lookup import app_named
from pipeline_defs.cli.cli_output import Output, UsageError
from pipeline_defs.cli.environment_logs import environment_logs
from pipeline_defs.cli.run_logs import run_logs
from pipeline_defs.cli.run_lookup import DIGITS
from pipeline_defs.config import Home
from pipeline_defs.release.time_ago import seconds_ago

EXAMPLE = "Example: shipline logs shop production --follow --since 10m"


def logs(
    context: typer.Context,
    app: Annotated[str, typer.Argument(metavar="APP", help="The app's name.")],
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|ENVIRONMENT", help="The first digits of a run, four at least, or an environment."),
    ],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends, or until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=100_000, help="So many of the last lines.")] = 100,
    since: Annotated[str, typer.Option("--since", help="What was said since then only: 30s, 10m, 2h, 1d ago.")] = "",
) -> None:
    """Show the log of a run, or the last lines of the containers that run in an environment.

    For an environment each of its servers is asked over SSH; where there are several, each line says of which it is. The lines count for
    each container. The secrets of the environment are masked. With --json the lines are given as data, and cannot be followed.
    """
    output: Output = context.obj
    home = Home.find()
    found = app_named(home, app)
    if follow and output.json:
        raise UsageError("--json gives one document at the end; leave out --follow")
    seconds = seconds_ago(since) if since else None
    if what in found.environments:
        environment_logs(found, what, output, lines=lines, since=seconds, follow=follow)
    elif DIGITS.fullmatch(what):
        run_logs(home, found, what, output, lines=lines, since=seconds, follow=follow)
    else:
        known = ", ".join(found.environments)
        raise UsageError(
            f"{app} has no environment {what!r}, and no run is called so; give one of {known}, or a run's digits"
        )
