"""The `shipline` command: its commands, and how an error ends it."""

import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from pipeline_defs.cli.cli_output import Output, last_line
from pipeline_defs.cli.command_table import add_commands
from pipeline_defs.config.base_error import ShiplineError

_ANYWHERE = ("--json", "--debug")


def command_line(first: str = "") -> typer.Typer:
    """The command `shipline`; where a command begins with the word `first`, with this one alone, which is sooner there."""
    shipline = typer.Typer(
        name="shipline",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Every command takes --json and --debug too. Exit status: 0 it went well, 1 it failed, 2 it was asked wrongly.",
    )
    shipline.callback()(options)
    add_commands(shipline, first)
    shipline.command(epilog="Example: shipline version")(version)
    return shipline


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(installed_version("shipline"))
        raise typer.Exit


def options(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Give the result as one JSON document.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the stack trace of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print Shipline's own version.")
    ] = False,
) -> None:
    """From a pull request to a verified deployment on your own servers.

    Start with: shipline init, shipline check, then shipline up.
    """
    context.obj = Output(json=json, debug=debug)


def version(context: typer.Context) -> None:
    """Print Shipline's own version."""
    output: Output = context.obj
    number = installed_version("shipline")
    output.result({"version": number}, number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit status."""
    words = _global_options_first(list(sys.argv[1:] if arguments is None else arguments))
    output = Output(json="--json" in words[:2], debug="--debug" in words[:2])
    try:
        first = next((word for word in words if not word.startswith("-")), "")
        command = typer.main.get_command(command_line(first))
        return int(command.main(args=words, prog_name="shipline", standalone_mode=False) or 0)
    except Exception as error:
        if output.debug and not isinstance(error, TyperException):
            raise
        message, status = _explained(error)
        if message:  # none where Typer has shown the help instead
            output.error(message)
        return status


def _global_options_first(words: list[str]) -> list[str]:
    """Let `--json` and `--debug` stand anywhere, as people expect; what follows `--` is left alone."""
    end = words.index("--") if "--" in words else len(words)
    given = [option for option in _ANYWHERE if option in words[:end]]
    return [*given, *(word for word in words[:end] if word not in given), *words[end:]]


def _explained(error: Exception) -> tuple[str, int]:
    """One sentence and the exit status for whatever ended a command."""
    if isinstance(error, ShiplineError):
        return str(error), error.status
    if isinstance(error, TyperException):  # words that Typer does not understand
        said = error.format_message().strip().rstrip(".")
        return f"{said}; see: shipline --help" if said else "", error.exit_code
    if isinstance(error, typer.Abort):
        return "stopped", 130
    return f"{type(error).__name__}: {last_line(str(error))} (the whole story with --debug)", 1


if __name__ == "__main__":
    sys.exit(main())
