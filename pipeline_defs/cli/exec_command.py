"""`shipline exec` and `shipline console`: a person's own command in the release that an environment runs."""

import os
import sys
from typing import Annotated, Any

import typer

from pipeline_defs.cli.app_lookup import app_named, environment_named
from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.cli.history_command import AppName, open_lineage
from pipeline_defs.cli.requester import actor
from pipeline_defs.config import App, Home, Host, SecretUnavailable

EXEC_EXAMPLE = "Example: shipline exec shop production -- python manage.py createsuperuser"
CONSOLE_EXAMPLE = "Example: shipline console shop production"

EnvironmentName = Annotated[str, typer.Argument(metavar="ENV", help="The environment.")]
HostName = Annotated[
    str, typer.Option("--host", metavar="HOST", help="One of the environment's hosts; the first one by default.")
]
Running = Annotated[
    bool, typer.Option("--running", help="In the container that serves, and not in a new one of the same release.")
]


def exec_(
    context: typer.Context,
    app: AppName,
    environment: EnvironmentName,
    command: Annotated[list[str], typer.Argument(metavar="CMD...", help="The command and its words, after `--`.")],
    host: HostName = "",
    running: Running = False,
) -> None:
    """Run a command in the release that an environment runs, in a new container with the release's own settings.

    At a terminal the command has one too, else its standard input and output are those of this command. The exit status is the
    command's own. The history keeps who ran it, where and how it ended, with secrets masked, and nothing of what it said.
    """
    _execute(context.obj, app, environment, host, tuple(command), running=running)


def console(
    context: typer.Context,
    app: AppName,
    environment: EnvironmentName,
    host: HostName = "",
    running: Running = False,
) -> None:
    """Run the command that the key `console` of an environment names, as `shipline exec` does."""
    _execute(context.obj, app, environment, host, None, running=running)


def _execute(
    output: Output, name: str, environment: str, host: str, words: tuple[str, ...] | None, *, running: bool
) -> None:
    home = Home.find()
    app = app_named(home, name)
    place = _host(app, environment_named(app, environment), host)
    if output.json:
        raise UsageError("--json has no place here: what the command says is passed on as it is")
    given = _words(app, environment, words)
    with open_lineage(home) as lineage:
        if not lineage.kept:
            raise Failed("it could not be written down, because no Shipline was ever started here: shipline up")
        status = _run(app, environment, place, given, lineage, running=running)
    raise typer.Exit(status)


def _run(app: App, environment: str, host: Host, words: tuple[str, ...], lineage: Any, *, running: bool) -> int:
    """The command's exit status; what it needs takes most of a second to import."""
    from pipeline_defs.deployments.person_command import PersonCommand, run_command
    from pipeline_defs.resources.attached_command import Streams
    from pipeline_defs.resources.local_terminal import has_terminal

    asked = PersonCommand(app, environment, host, words, actor(), running=running, terminal=has_terminal())
    streams = Streams(input=os.open(os.devnull, os.O_RDONLY)) if sys.stdin is None else Streams()
    try:
        return run_command(asked, streams, lineage)
    except SecretUnavailable as error:
        raise Failed(f"{error}; without it, it could not be masked") from None


def _words(app: App, environment: str, words: tuple[str, ...] | None) -> tuple[str, ...]:
    """The command's words, by default those of the app's console. Raises UsageError."""
    given = app.environments[environment].console if words is None else words
    if given is None:
        raise UsageError(
            f"{environment} of {app.name} has no console; add the key `console` with its command, such as `console: sh`, "
            f"or give one: shipline exec {app.name} {environment} -- sh"
        )
    if not given or not given[0]:
        raise UsageError("the command's first word is empty; give a program")
    return given


def _host(app: App, environment: str, name: str) -> Host:
    """The host that is meant, by its address or as it is written in the app's file. Raises UsageError."""
    hosts = app.environments[environment].hosts
    if not name:
        return hosts[0]
    found = [host for host in hosts if name in (str(host), host.address, f"{host.address}:{host.port}")]
    if not found:
        known = ", ".join(map(str, hosts))
        raise UsageError(f"{environment} of {app.name} has no host {name!r}; it has {known}")
    if len(found) > 1:
        raise UsageError(
            f"{environment} of {app.name} has several hosts {name!r}; say which: {', '.join(map(str, found))}"
        )
    return found[0]
