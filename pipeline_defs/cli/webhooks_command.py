"""`shipline webhooks`: receive GitHub's deliveries, so that what happened there is noticed at once."""

import sqlite3
from typing import Annotated

import typer
from rich.text import Text

from pipeline_defs.cli.cli_output import Failed, Output
from pipeline_defs.cli.graphql_client import NotRunning
from pipeline_defs.cli.local_ports import wanted_port
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Home

EXAMPLE = "Example: shipline webhooks --port 8088"
PORT = 8088


def webhooks(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = PORT,
) -> None:
    """Receive GitHub's webhooks beside a running Shipline. `shipline up --webhooks 8088` does so too, and keeps it running.

    Deliveries are accepted at / and /github when they are signed with the app's github.webhook_secret. It speaks plain HTTP: put a
    web server with a certificate before it.
    """
    from pipeline_defs.runtime.program_log import is_json

    output: Output = context.obj
    home = Home.find()
    if code_address(home) is None:
        raise NotRunning
    wanted_port(port)
    url = f"http://{host}:{port}"
    if not is_json():
        output.result({"url": url}, Text(f"Webhooks are received at {url}  (Ctrl-C ends it)"))
    _serve(home, host, port)


def code_address(home: Home) -> str | None:
    """Where the code server is now: a Shipline that was started anew has another one."""
    service = Service.find(home)
    return service.code if service else None


def _serve(home: Home, host: str, port: int) -> None:
    from pipeline_defs.github.webhooks.delivery_worker import Worker
    from pipeline_defs.github.webhooks.http_server import serve
    from pipeline_defs.github.webhooks.inbox import Inbox
    from pipeline_defs.github.webhooks.receiver import Receiver
    from pipeline_defs.github.webhooks.webhook_apps import Apps
    from pipeline_defs.runtime.program_log import write_log

    write_log()
    home.deliveries.mkdir(mode=0o700, exist_ok=True)
    file = home.deliveries / "deliveries.db"
    try:
        inbox = Inbox(file)
    except sqlite3.Error as error:
        raise Failed(f"the deliveries in {file} cannot be opened: {error}") from None
    apps = Apps(home.apps)
    worker = Worker(apps, inbox, lambda: code_address(home))
    worker.start()
    receiver = Receiver(apps.senders, inbox, worker.wake, worker.is_alive)
    try:
        serve(receiver.application(), host, port)
    finally:
        worker.end()
        worker.join(5)
