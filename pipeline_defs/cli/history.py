"""`shipline status` and `shipline history`: what runs where, and what happened."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.apps import app_named, environment_named, known_apps
from pipeline_defs.cli.output import Output, duration, local_time, plain
from pipeline_defs.config import App, Home
from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.history import RUNNING, Row

STATUS_EXAMPLE = "Example: shipline status shop"
HISTORY_EXAMPLE = "Example: shipline history shop production --limit 5"

_STYLES = {"succeeded": "green", "rolled back": "yellow", RUNNING: "cyan"}

AppName = Annotated[str, typer.Argument(metavar="APP", help="The app's name.")]


def status(
    context: typer.Context,
    app: Annotated[
        str | None, typer.Argument(metavar="[APP]", help="The app's name; without it all are shown.")
    ] = None,
) -> None:
    """Show what runs in every environment, since when and by whom, and how the last deployment ended."""
    output: Output = context.obj
    home = Home.find()
    apps = [app_named(home, app)] if app else list(known_apps(home)[0].values())
    with open_lineage(home) as lineage:
        lines = [
            _status(each, environment, lineage.environment(each, environment))
            for each in apps
            for environment in each.environments
        ]
    output.result(lines, _status_table(lines))


def history(
    context: typer.Context,
    app: AppName,
    environment: Annotated[str | None, typer.Argument(metavar="[ENV]", help="One environment; all by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 20,
) -> None:
    """List deployments and rehearsals, newest first: what, where, how it ended, by whom and why."""
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    names = [environment_named(which, environment)] if environment else list(which.environments)
    with open_lineage(home) as lineage:
        found = [row for name in names for row in lineage.environment(which, name)]
    found = sorted(found, key=lambda row: row.at, reverse=True)[:limit]
    output.result([row_json(row) for row in found], history_table(found))


def open_lineage(home: Home) -> Any:
    """The lineage, which needs Dagster: imported here and not before, since that takes most of a second."""

    from pipeline_defs import history as lineage

    return lineage.open_lineage(home)


def _status(app: App, environment: str, rows: list[Row]) -> dict[str, Any]:
    """One environment: what runs there, and its last deployment or rehearsal."""
    rehearses = app.environments[environment].rehearses is not None
    now = next((row for row in rows if row.live), None)
    shown = now or (rows[0] if rehearses and rows else None)
    return {
        "app": app.name,
        "environment": environment,
        "kind": "rehearsal" if rehearses else "deployment",
        "version": shown.version if shown else None,
        "digest": shown.digest if shown else None,
        "commit": shown.commit if shown else None,
        "since": shown.at if shown else None,
        "by": shown.actor if shown else None,
        "url": app.environments[environment].url,
        "running": any(row.outcome == RUNNING for row in rows),
        "last": row_json(rows[0]) if rows else None,
    }


def _status_table(lines: list[dict[str, Any]]) -> Table:
    table = _table("app", "environment", "version", "digest", "since", "by", "last")
    for line in lines:
        last = line["last"]
        ended = _outcome(last["outcome"], f"{last['kind']} {last['version']} ") if last else Text("nothing yet", "dim")
        table.add_row(
            line["app"],
            line["environment"],
            Text(line["version"] or "-", "bold"),
            _digest(line["digest"] or ""),
            local_time(line["since"]) if line["since"] else "",
            plain(line["by"] or ""),
            ended,
        )
    return table


def history_table(rows: list[Row]) -> RenderableType:
    """Rows as people read them, a line each."""
    if not rows:
        return Text("Nothing was rehearsed or deployed yet.")
    table = _table(
        "when",
        "environment",
        "kind",
        "version",
        "digest",
        "commit",
        "outcome",
        "before",
        "by",
        "run",
        "took",
        "tests",
        "e2e",
        "way back",
    )
    for row in rows:
        table.add_row(
            local_time(row.at),
            row.environment,
            row.kind,
            Text(f"{row.version} ←" if row.live else row.version, "bold" if row.live else ""),
            _digest(row.digest),
            row.commit[:7],
            _outcome(row.outcome),
            row.previous_version or "",
            plain(row.actor),
            row.run[:8],
            duration(row.seconds),
            _counts(row.tests),
            _counts(row.e2e),
            row.way_back.verdict if row.way_back else "",
        )
    return Group(table, Text("← runs now", "dim")) if any(row.live for row in rows) else table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(
            column, overflow="fold" if column in ("by", "last") else "ellipsis", no_wrap=column == "digest"
        )
    return table


def _outcome(outcome: str, before: str = "") -> Text:
    return Text.assemble(before, (outcome, _STYLES.get(outcome, "red")))


def _digest(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _counts(counts: TestCounts | None) -> str:
    if counts is None:
        return ""
    bad = counts.failures + counts.errors
    return f"{counts.tests - bad - counts.skipped}/{counts.tests}"


def row_json(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return row.model_dump(mode="json")
