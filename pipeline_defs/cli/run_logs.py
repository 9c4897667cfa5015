"""Run logs: what one run has said, found by the first digits of its id."""

import time
from collections.abc import Iterator
from typing import Any

import typer

from pipeline_defs.cli.cli_output import Output, plain
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.run_follower import Follower
from pipeline_defs.cli.run_lookup import run_beginning
from pipeline_defs.config import App, Home


def run_logs(home: Home, app: App, digits: str, output: Output, *, lines: int, since: int | None, follow: bool) -> None:
    """Show what a run has said; with `follow` all of it, and on until it ends. Raises UsageError, NotRunning."""
    client = Client.of(home)
    run = run_beginning(client, digits, app.name).id
    if follow:
        ended = Follower(client, run, app.name, output, log=True).until_the_end()
        if ended["status"] != "SUCCESS":
            raise typer.Exit(1)
        return
    begin = time.time() - since if since else 0.0
    said = [line for event in _events(client, run) for line in _lines(event, app.name) if line["at"] >= begin][-lines:]
    for line in said:
        output.say((f"{line['stage']:<20} " if line["stage"] else "", "dim"), line["line"])
    output.result({"run": run, "url": client.run_url(run), "lines": said})


def _events(client: Client, run: str) -> Iterator[dict[str, Any]]:
    """All that there is now, in order."""
    cursor: str | None = None
    events: list[dict[str, Any]] | None = None
    while events is None or events:
        _, events, cursor = client.follow(run, cursor)
        yield from events


def _lines(event: dict[str, Any], app: str) -> Iterator[dict[str, Any]]:
    """The lines that the stages logged, and why one failed."""
    kind = event["__typename"]
    failed = (event.get("failureMetadata") or {}).get("description") if kind == "ExecutionStepFailureEvent" else None
    said = event["message"] if kind == "LogMessageEvent" and event["level"] != "DEBUG" else failed
    at = float(event.get("timestamp") or 0) / 1000
    stage = (event.get("stepKey") or "").rpartition(".")[2].removeprefix(f"{app}_")
    for line in plain(said or "").splitlines():
        yield {"at": at, "stage": stage, "line": line}
