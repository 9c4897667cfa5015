"""`shipline up`, `down` and `env`: Shipline as a service on this machine."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Annotated

import typer
from filelock import FileLock, Timeout
from rich.text import Text

from pipeline_defs.cli.child_process import STOP_SECONDS
from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.cli.graphql_client import NotRunning
from pipeline_defs.cli.leftover_processes import end_leftovers
from pipeline_defs.cli.running_service import Service
from pipeline_defs.cli.service_logs import logs_folder
from pipeline_defs.cli.supervisor import RUNS_SECONDS, Supervisor, running_variables, variables
from pipeline_defs.config import Home
from pipeline_defs.config.web_token import with_token

UP_EXAMPLE = "Example: shipline up --port 3000"
DOWN_EXAMPLE = "Example: shipline down"
ENV_EXAMPLE = 'Example: eval "$(shipline env)" && dagster job launch -w workspace.yaml -j shop_stage'


def up(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 3000 or a free one by default.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once it is ready and leave it running.")] = False,
    webhooks: Annotated[
        int | None, typer.Option(help="Receive GitHub's webhooks on this port too; or set SHIPLINE_WEBHOOKS.")
    ] = None,
    observe: Annotated[
        int | None, typer.Option(help="Tell metrics and health on this port too; or set SHIPLINE_OBSERVE.")
    ] = None,
) -> None:
    """Start Shipline on this machine and print the address of its web page. Ctrl-C ends it.

    It runs Dagster's code server, daemon and web server, and starts any of them again that dies. The page is reached from this
    machine only, and the address has a token in it that lets you in; there is a new one for each start. From elsewhere use a
    tunnel: ssh -L 3000:127.0.0.1:3000 this-machine
    """
    output: Output = context.obj
    home = Home.find()
    prepare(home)
    beside = _beside({"webhooks": webhooks, "observe": observe})
    lock = FileLock(home.root / "up.lock")
    try:
        # Held by this process as long as it lives and by no other, so it tells the truth even after a kill -9.
        lock.acquire(timeout=0)
    except Timeout:
        service = Service.read(home.service)
        where = f" at {with_token(service.url, service.token(home))}" if service else ""
        raise Failed(f"Shipline runs already for {home.root}{where}; end it first with: shipline down") from None
    if detach:
        lock.release()  # for the process that stays
        _detach(home, output, port, beside)
        return
    with lock:
        Supervisor(home, output, port, beside).run()


def down(context: typer.Context) -> None:
    """End the Shipline of this home. Runs that are going on are stopped first and undo what is not final."""
    output: Output = context.obj
    home = Home.find()
    service = Service.read(home.service)
    supervisor = service.process("up") if service else None
    if supervisor is not None:
        output.say("Shipline ends; runs that are going on undo what is not final first.")
        supervisor.terminate()
        deadline = time.monotonic() + RUNS_SECONDS + 2 * STOP_SECONDS
        while service and service.process("up") and time.monotonic() < deadline:  # a dead one may wait for its parent
            time.sleep(0.1)
        if service and service.process("up"):
            raise Failed(f"Shipline (process {supervisor.pid}) has not ended yet; see {logs_folder(home)}")
    left = end_leftovers(home)
    stopped = supervisor is not None or left
    output.result({"stopped": stopped}, Text("Shipline has ended." if stopped else "Shipline was not running."))


def env(context: typer.Context) -> None:
    """Print the variables with which Dagster's own commands work beside a running Shipline, as lines for a shell."""
    output: Output = context.obj
    home = Home.find()
    service = Service.read(home.service)
    if service is None:
        raise NotRunning
    values = variables(home, service.code)
    output.result(values, Text("\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())))


def prepare(home: Home) -> None:
    """Make the home and its folder for logs."""
    home.prepare()
    logs_folder(home).mkdir(exist_ok=True)


def _beside(given: Mapping[str, int | None]) -> dict[str, int]:
    """The commands that run beside, with their ports: as given, else as SHIPLINE_WEBHOOKS and SHIPLINE_OBSERVE say. Raises UsageError."""
    ports = {name: port if port is not None else _setting(f"SHIPLINE_{name.upper()}") for name, port in given.items()}
    return {name: port for name, port in ports.items() if port is not None}


def _setting(variable: str) -> int | None:
    """The port that a variable names, None where it is not set. Raises UsageError."""
    setting = os.environ.get(variable, "")
    if setting and not setting.isdigit():
        raise UsageError(f"{variable} is {setting!r}; it is a port, such as 8088")
    return int(setting) if setting else None


def _detach(home: Home, output: Output, port: int | None, beside: Mapping[str, int]) -> None:
    """Start another `up` without a terminal and wait until it is ready or has failed."""
    log = logs_folder(home) / "up.log"
    given = {**({} if port is None else {"port": port}), **beside}
    options = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    with log.open("wb") as out:
        other = subprocess.Popen(
            [sys.executable, "-m", "pipeline_defs.cli.main", "up", *options],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    while other.poll() is None:
        service = Service.read(home.service)
        if service and service.ready and service.pids.get("up") == other.pid:
            page = with_token(service.url, service.token(home))
            output.result(running_variables(service, home), Text(f"Shipline runs at {page}  (shipline down ends it)"))
            return
        time.sleep(0.1)
    raise Failed(log.read_text().rpartition("shipline: ")[2].strip() or f"it did not start; see {log}")
