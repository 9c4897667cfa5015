"""`shipline trust-host`: a server's host key becomes trusted, after a person has compared it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.prompt import Confirm

from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.config import Home, Host, load_apps

if TYPE_CHECKING:
    import paramiko

EXAMPLE = "Example: shipline trust-host blog.example.org --fingerprint SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDQ…"


def trust_host(
    context: typer.Context,
    host: Annotated[str, typer.Argument(metavar="HOST", help="address or user@address:port, as in the app's file.")],
    fingerprint: Annotated[
        str, typer.Option("--fingerprint", help="SHA256:… of the server's key; only this key is trusted.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Trust what the server shows without being asked.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take out another key that is trusted until now.")] = False,
    known_hosts: Annotated[
        Path | None, typer.Option("--known-hosts", help="The file to write; by default the one of the app's file.")
    ] = None,
) -> None:
    """Show a server's host key, ask whether it is its own, and write it to known_hosts.

    Compare with what the server itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. A key that differs from the one that is
    trusted is refused without --replace. A file with hashed names gets a hashed name.
    """
    from pipeline_defs.resources.host_keys import agree, offered_keys, shows, trust, trusted

    output: Output = context.obj
    server = _server(host, known_hosts)
    known = trusted(server)
    if known and not fingerprint and shows(server, known):
        _tell(output, server, known, written=False)
        return
    chosen = _chosen(offered_keys(server, fingerprint), fingerprint, server)
    if agree(known, chosen):
        _tell(output, server, chosen, written=False)
        return
    _compare(output, server, chosen, known, replace=replace)
    if not (yes or fingerprint or _asked(output)):
        raise Failed("nothing was written")
    trust(server, chosen, replace=replace)
    _tell(output, server, chosen, written=True)


def _server(text: str, known_hosts: Path | None) -> Host:
    """The host as an app's file has it, so that port and known_hosts are those that a deployment uses. Raises UsageError."""
    try:
        host = Host.model_validate(text)
    except ValidationError:
        raise UsageError(f"{text!r} is no host; write an address, or user@address:port") from None
    apps, _ = load_apps(Home.find().apps)
    described = [
        host for app in apps.values() for environment in app.environments.values() for host in environment.hosts
    ]
    given_port = "port" in host.model_fields_set
    same = (each for each in described if each.address == host.address and (each.port == host.port or not given_port))
    found = next(same, host)
    return found if known_hosts is None else found.model_copy(update={"known_hosts": known_hosts})


def _chosen(keys: "list[paramiko.PKey]", fingerprint: str, host: Host) -> "list[paramiko.PKey]":
    """The key that may become trusted: the best one that the server shows, or the one with this fingerprint."""
    from pipeline_defs.resources.host_keys import described

    chosen = [key for key in keys if not fingerprint or key.fingerprint == fingerprint]
    if not chosen:
        raise Failed(
            f"{host} shows no key {fingerprint}, but {', '.join(map(described, keys))}; "
            "look the fingerprint up on the server itself: if it is right, somebody stands in between"
        )
    return chosen


def _compare(
    output: Output, host: Host, keys: "list[paramiko.PKey]", known: "list[paramiko.PKey]", *, replace: bool
) -> None:
    """Show what is to be compared. Raises Failed where another key is trusted and is not to be replaced."""
    from pipeline_defs.resources.host_keys import described

    before = ", ".join(map(described, known))
    if known and not replace:
        raise Failed(
            f"{host.known_hosts} has another key for {host} ({before}) than it shows ({', '.join(map(described, keys))}): "
            "somebody may stand in between; if the server was made anew, give --replace"
        )
    output.say(f"{host} shows:")
    for key in keys:
        output.say("  ", (described(key), "bold"))
    if known:
        output.say("in place of what is trusted until now: ", (before, "yellow"))


def _asked(output: Output) -> bool:
    """What a person answers. Raises UsageError where nobody can be asked."""
    if output.json or not output.console.is_terminal:
        raise UsageError(
            "nobody can be asked here; give --fingerprint SHA256:… as the server itself shows it, or --yes"
        )
    return Confirm.ask("Is this what the server itself shows?", console=output.console, default=False)


def _tell(output: Output, host: Host, keys: "list[paramiko.PKey]", *, written: bool) -> None:
    from pipeline_defs.resources.host_keys import described

    data: dict[str, Any] = {
        "host": str(host),
        "known_hosts": str(host.known_hosts),
        "keys": [{"kind": key.get_name(), "fingerprint": key.fingerprint} for key in keys],
        "written": written,
    }
    output.say(("✓ ", "green"), f"{host} is trusted{'' if written else ' already'}: {', '.join(map(described, keys))}")
    output.result(data)
