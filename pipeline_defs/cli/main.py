"""The `shipline` command: its commands, and how an error ends it."""

import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from pipeline_defs.cli import (
    adopt,
    backups,
    cancel,
    check,
    diff,
    doctor,
    freeze,
    history,
    init,
    logs,
    maintenance,
    metrics,
    notify,
    observe,
    pause,
    plan,
    provenance,
    quarantine,
    reloaded,
    rerun,
    run,
    status,
    trace,
    trust_host,
    up,
    webhooks,
)
from pipeline_defs.cli.output import Output, last_line
from pipeline_defs.errors import ShiplineError

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

shipline.command(epilog=init.EXAMPLE)(init.init)
shipline.command(epilog=check.EXAMPLE)(check.check)
shipline.command(epilog=doctor.EXAMPLE)(doctor.doctor)
shipline.command(epilog=adopt.EXAMPLE)(adopt.adopt)
shipline.command("trust-host", epilog=trust_host.EXAMPLE)(trust_host.trust_host)
shipline.command(epilog=up.UP_EXAMPLE)(up.up)
shipline.command(epilog=up.DOWN_EXAMPLE)(up.down)
shipline.command(epilog=up.ENV_EXAMPLE)(up.env)
shipline.command(epilog=backups.BACKUP_EXAMPLE)(backups.backup)
shipline.command(epilog=backups.RESTORE_EXAMPLE)(backups.restore)
shipline.command(epilog=backups.UPGRADE_EXAMPLE)(backups.upgrade)
shipline.command(epilog=webhooks.EXAMPLE)(webhooks.webhooks)
shipline.command(epilog=observe.EXAMPLE)(observe.observe)
shipline.add_typer(run_group, name="run", epilog=run.DEPLOY_EXAMPLE)
run_group.command(epilog=run.INTEGRATE_EXAMPLE)(run.integrate)
run_group.command(epilog=run.STAGE_EXAMPLE)(run.stage)
run_group.command(epilog=run.DEPLOY_EXAMPLE)(run.deploy)
run_group.command(epilog=run.ROLLBACK_EXAMPLE)(run.rollback)
shipline.command(epilog=run.DEPLOY_EXAMPLE)(run.deploy)
shipline.command(epilog=run.ROLLBACK_EXAMPLE)(run.rollback)
shipline.command(epilog=cancel.EXAMPLE)(cancel.cancel)
shipline.command(epilog=rerun.EXAMPLE)(rerun.rerun)
shipline.command(epilog=reloaded.EXAMPLE)(reloaded.reload)
shipline.command(epilog=pause.PAUSE_EXAMPLE)(pause.pause)
shipline.command(epilog=pause.RESUME_EXAMPLE)(pause.resume)
shipline.command(epilog=status.STATUS_EXAMPLE)(status.status)
shipline.command(epilog=history.HISTORY_EXAMPLE)(history.history)
shipline.command(epilog=logs.EXAMPLE)(logs.logs)
shipline.command("trace", epilog=trace.EXAMPLE)(trace.trace_command)
shipline.command("provenance", epilog=provenance.EXAMPLE)(provenance.provenance_command)
shipline.command(epilog=plan.EXAMPLE)(plan.plan)
shipline.command(epilog=diff.EXAMPLE)(diff.diff)
shipline.command(epilog=metrics.EXAMPLE)(metrics.metrics)
shipline.command(epilog=notify.EXAMPLE)(notify.notify)
shipline.add_typer(freeze_group, name="freeze", epilog=freeze.EXAMPLE)
freeze_group.command("list", epilog=freeze.EXAMPLE)(freeze.list_)
shipline.add_typer(maintenance_group, name="maintenance", epilog=maintenance.ON_EXAMPLE)
maintenance_group.command(epilog=maintenance.ON_EXAMPLE)(maintenance.on)
maintenance_group.command(epilog=maintenance.OFF_EXAMPLE)(maintenance.off)
shipline.add_typer(quarantine_group, name="quarantine", epilog=quarantine.LIFT_EXAMPLE)
quarantine_group.command(epilog=quarantine.ADD_EXAMPLE)(quarantine.add)
quarantine_group.command(epilog=quarantine.LIFT_EXAMPLE)(quarantine.lift)
quarantine_group.command("list", epilog=quarantine.LIST_EXAMPLE)(quarantine.list_)


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
