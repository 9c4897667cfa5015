"""`shipline notify`: who is told what about an app, and does it arrive?"""

from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named
from pipeline_defs.cli.cli_output import Failed, Output
from pipeline_defs.cli.history_command import columns
from pipeline_defs.cli.requester import actor
from pipeline_defs.config import App, Home, SecretUnavailable
from pipeline_defs.config.notification_settings import Notify

EXAMPLE = "Example: shipline notify shop --test"


def notify(
    context: typer.Context,
    app: Annotated[str, typer.Argument(metavar="APP", help="The app's name.")],
    test: Annotated[
        bool, typer.Option("--test", help="Send a message to each of the places, and wait for it.")
    ] = False,
) -> None:
    """Show who is sent messages about an app, and about what, as its file says.

    With --test a message is sent to each of them. It ends with status 1 when one of them did not take it.
    """
    output: Output = context.obj
    found = app_named(Home.find(), app)
    lines = [_line(each) for each in found.notify]
    if not test:
        output.result(lines, _shown(found, lines))
        return
    places = {each.place: each for each in found.notify}
    if not places:
        raise Failed(f"{found.name} tells nobody; add the key notify to its file")
    tried = [_try(found, each, output) for each in places.values()]
    output.result(tried)
    if not all(each["sent"] for each in tried):
        raise typer.Exit(1)


def _try(app: App, to: Notify, output: Output) -> dict[str, Any]:
    """Send a message to one place, and tell how it went."""
    from pipeline_defs.notifications.apprise_sender import NotDelivered, send
    from pipeline_defs.notifications.notification import Level, Notification, lines

    what = f"a test, asked for by {actor()}"
    told = lines(this_is=what, told_of=", ".join(to.on) or "all", environments=", ".join(to.environments) or "all")
    notice = Notification(
        happenings=(), environment="", level=Level.SAID, title=f"{app.name}: a message of Shipline", lines=told
    )
    try:
        send(to.to.read(), notice)
    except (NotDelivered, SecretUnavailable) as error:
        output.say(("✗ ", "red"), (to.place, "bold"), f"  {error}")
        return {"to": to.place, "sent": False, "error": str(error)}
    output.say(("✓ ", "green"), (to.place, "bold"), "  it has taken the message")
    return {"to": to.place, "sent": True, "error": None}


def _line(to: Notify) -> dict[str, Any]:
    return {"to": to.place, "on": list(to.on), "environments": list(to.environments)}


def _shown(app: App, lines: list[dict[str, Any]]) -> RenderableType:
    if not lines:
        return Text(f"{app.name} tells nobody; who is told is the key notify of its file.")
    table = columns("to", "about", "environments")
    for line in lines:
        table.add_row(line["to"], ", ".join(line["on"]) or "all", ", ".join(line["environments"]) or "all")
    return table
