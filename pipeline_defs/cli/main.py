"""The `shipline` command: its commands, and how an error ends it."""

import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from pipeline_defs.cli import (
    adopt_command,
    backups_command,
    cancel_command,
    check_command,
    diff_command,
    doctor_command,
    exec_command,
    freeze_command,
    history_command,
    init_command,
    logs_command,
    maintenance_command,
    metrics_command,
    notify_command,
    observe_command,
    pause_command,
    plan_command,
    provenance_command,
    quarantine_command,
    reloaded_definitions,
    rerun_command,
    run_command,
    status_command,
    trace_command,
    trust_host_command,
    up_command,
    webhooks_command,
)
from pipeline_defs.cli.cli_output import Output, last_line
from pipeline_defs.config.base_error import ShiplineError

_ANYWHERE = ("--json", "--debug")

shipline = typer.Typer(
    name="shipline",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every command takes --json and --debug too. Exit status: 0 it went well, 1 it failed, 2 it was asked wrongly.",
)
run_group = typer.Typer(
    no_args_is_help=True, help="Launch a run of any job through the queue of a running Shipline and follow it."
)
freeze_group = typer.Typer(no_args_is_help=True, help="Windows in which nothing is deployed by itself.")
maintenance_group = typer.Typer(no_args_is_help=True, help="A page for people while an app must not be used.")
quarantine_group = typer.Typer(no_args_is_help=True, help="Releases that an environment shall not get again.")

shipline.command(epilog=init_command.EXAMPLE)(init_command.init)
shipline.command(epilog=check_command.EXAMPLE)(check_command.check)
shipline.command(epilog=doctor_command.EXAMPLE)(doctor_command.doctor)
shipline.command(epilog=adopt_command.EXAMPLE)(adopt_command.adopt)
shipline.command("trust-host", epilog=trust_host_command.EXAMPLE)(trust_host_command.trust_host)
shipline.command(epilog=up_command.UP_EXAMPLE)(up_command.up)
shipline.command(epilog=up_command.DOWN_EXAMPLE)(up_command.down)
shipline.command(epilog=up_command.ENV_EXAMPLE)(up_command.env)
shipline.command(epilog=backups_command.BACKUP_EXAMPLE)(backups_command.backup)
shipline.command(epilog=backups_command.RESTORE_EXAMPLE)(backups_command.restore)
shipline.command(epilog=backups_command.UPGRADE_EXAMPLE)(backups_command.upgrade)
shipline.command(epilog=webhooks_command.EXAMPLE)(webhooks_command.webhooks)
shipline.command(epilog=observe_command.EXAMPLE)(observe_command.observe)
shipline.add_typer(run_group, name="run", epilog=run_command.DEPLOY_EXAMPLE)
run_group.command(epilog=run_command.INTEGRATE_EXAMPLE)(run_command.integrate)
run_group.command(epilog=run_command.STAGE_EXAMPLE)(run_command.stage)
run_group.command(epilog=run_command.DEPLOY_EXAMPLE)(run_command.deploy)
run_group.command(epilog=run_command.ROLLBACK_EXAMPLE)(run_command.rollback)
shipline.command(epilog=run_command.DEPLOY_EXAMPLE)(run_command.deploy)
shipline.command(epilog=run_command.ROLLBACK_EXAMPLE)(run_command.rollback)
shipline.command(epilog=cancel_command.EXAMPLE)(cancel_command.cancel)
shipline.command(epilog=rerun_command.EXAMPLE)(rerun_command.rerun)
shipline.command(epilog=reloaded_definitions.EXAMPLE)(reloaded_definitions.reload)
shipline.command(epilog=pause_command.PAUSE_EXAMPLE)(pause_command.pause)
shipline.command(epilog=pause_command.RESUME_EXAMPLE)(pause_command.resume)
shipline.command(epilog=status_command.STATUS_EXAMPLE)(status_command.status)
shipline.command(epilog=history_command.HISTORY_EXAMPLE)(history_command.history)
shipline.command(epilog=logs_command.EXAMPLE)(logs_command.logs)
shipline.command("exec", epilog=exec_command.EXEC_EXAMPLE)(exec_command.exec_)
shipline.command(epilog=exec_command.CONSOLE_EXAMPLE)(exec_command.console)
shipline.command("trace", epilog=trace_command.EXAMPLE)(trace_command.trace_command)
shipline.command("provenance", epilog=provenance_command.EXAMPLE)(provenance_command.provenance_command)
shipline.command(epilog=plan_command.EXAMPLE)(plan_command.plan)
shipline.command(epilog=diff_command.EXAMPLE)(diff_command.diff)
shipline.command(epilog=metrics_command.EXAMPLE)(metrics_command.metrics)
shipline.command(epilog=notify_command.EXAMPLE)(notify_command.notify)
shipline.add_typer(freeze_group, name="freeze", epilog=freeze_command.EXAMPLE)
freeze_group.command("list", epilog=freeze_command.EXAMPLE)(freeze_command.list_)
shipline.add_typer(maintenance_group, name="maintenance", epilog=maintenance_command.ON_EXAMPLE)
maintenance_group.command(epilog=maintenance_command.ON_EXAMPLE)(maintenance_command.on)
maintenance_group.command(epilog=maintenance_command.OFF_EXAMPLE)(maintenance_command.off)
shipline.add_typer(quarantine_group, name="quarantine", epilog=quarantine_command.LIFT_EXAMPLE)
quarantine_group.command(epilog=quarantine_command.ADD_EXAMPLE)(quarantine_command.add)
quarantine_group.command(epilog=quarantine_command.LIFT_EXAMPLE)(quarantine_command.lift)
quarantine_group.command("list", epilog=quarantine_command.LIST_EXAMPLE)(quarantine_command.list_)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(installed_version("shipline"))
        raise typer.Exit


@shipline.callback()
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


@shipline.command(epilog="Example: shipline version")
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
        command = typer.main.get_command(shipline)
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
