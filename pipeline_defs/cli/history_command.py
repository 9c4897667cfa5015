"""`shipline history`: what happened, and the tables and the storage that other commands show too."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import environment_among, places_of
from pipeline_defs.cli.cli_output import Output, local_time, plain
from pipeline_defs.config import Home
from pipeline_defs.release.duration import duration
from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.history import RUNNING, Row
from pipeline_defs.release.person_run import row_of

HISTORY_EXAMPLE = "Example: shipline history shop production --limit 5"

_STYLES = {"succeeded": "green", "rolled back": "yellow", RUNNING: "cyan"}

AppName = Annotated[str, typer.Argument(metavar="APP", help="The app's name.")]


def history(
    context: typer.Context,
    app: AppName,
    environment: Annotated[str | None, typer.Argument(metavar="[ENV]", help="One environment; all by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 20,
) -> None:
    """List deployments, rehearsals and people's own commands, newest first: what, where, how it ended, by whom and why."""
    output: Output = context.obj
    home = Home.find()
    with open_lineage(home) as lineage:
        recorded = lineage.environments(app)
        names = places_of(home, app, recorded)
        asked = [environment_among(app, environment, names)] if environment else names
        found = [row for name in asked for row in lineage.newest(app, name, limit)]
        found += [row_of(run) for name in asked for run in lineage.person_runs(app, name, limit)]
    found = sorted(found, key=lambda row: (row.at, row.id), reverse=True)[:limit]
    output.result([row_json(row) for row in found], history_table(found))


@contextmanager
def open_lineage(home: Home) -> Iterator[Any]:
    """The lineage, which needs Dagster: imported here and not before, since that takes most of a second."""
    gc.disable()  # imports leave nothing to be collected, and looking for it takes a third of their time
    try:
        from pipeline_defs.lineage import store as lineage

        with lineage.open_lineage(home) as opened:
            gc.freeze()
            gc.enable()
            yield opened
    finally:
        gc.enable()


def history_table(rows: list[Row]) -> RenderableType:
    """Rows as people read them, a line each."""
    if not rows:
        return Text("Nothing was rehearsed or deployed yet.")
    table = columns(
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
            digits(row.digest),
            row.commit[:7],
            _ended(row),
            row.previous_version or "",
            plain(row.actor),
            row.run[:8],
            duration(row.seconds),
            _counts(row.tests),
            _counts(row.e2e),
            row.way_back.verdict if row.way_back else "",
        )
    return Group(table, Text("← runs now", "dim")) if any(row.live for row in rows) else table


def _ended(row: Row) -> Text:
    """How it ended; of what a freeze has held back, until when, and of a person's command what that was."""
    if row.command:
        return Text.assemble(
            outcome("succeeded") if row.exit_status == 0 else outcome(row.outcome), f": {plain(row.command)}"
        )
    return outcome(row.error or row.outcome if row.held else row.outcome)


def columns(*names: str) -> Table:
    """A table without lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in names:
        table.add_column(
            column,
            overflow="fold" if column in ("by", "last", "because", "note", "outcome") else "ellipsis",
            no_wrap=column == "digest",
        )
    return table


def outcome(how: str, before: str = "") -> Text:
    """How an attempt ended, in its colour."""
    return Text.assemble(before, (how, _STYLES.get(how, "red")))


def digits(digest: str) -> str:
    """The first digits of a digest."""
    return digest.removeprefix("sha256:")[:12]


def _counts(counts: TestCounts | None) -> str:
    if counts is None:
        return ""
    bad = counts.failures + counts.errors
    return f"{counts.tests - bad - counts.skipped}/{counts.tests}"


def row_json(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return row.model_dump(mode="json")
