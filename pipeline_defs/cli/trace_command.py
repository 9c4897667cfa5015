"""`shipline trace`: from any name to its image, its rehearsals and what they proved, and every deployment of it."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_recorded
from pipeline_defs.cli.cli_output import Output, UsageError, local_time, plain
from pipeline_defs.cli.history_command import AppName, history_table, open_lineage, row_json
from pipeline_defs.config import Home
from pipeline_defs.release.history import Row
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Image
from pipeline_defs.release.trace import Trace, TraceError

EXAMPLE = "Example: shipline trace shop 1.4.2, or shipline trace shop pr:12"


def trace_command(
    context: typer.Context,
    app: AppName,
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A version, digest, commit, #12, pr:12, issue:7, tag, or a deployment's id."
        ),
    ],
) -> None:
    """Follow a version, pull request, issue, commit, digest, tag or deployment: image, evidence, rehearsals, and where it ran."""
    output: Output = context.obj
    home = Home.find()
    with open_lineage(home) as lineage:
        app_recorded(home, app, lineage.apps())
        try:
            found = lineage.trace(app, what)
        except TraceError as error:
            raise UsageError(f"{app}: {error}") from None
    output.result(_trace_json(found), _trace_shown(found))


def _trace_json(found: Trace) -> dict[str, Any]:
    images = [image.model_dump(mode="json") for image in found.images]
    rehearsals = [row_json(row) for row in found.rehearsals]
    tests = found.images[0].tests if found.images else None
    first = found.images[0] if found.images else next(iter((*found.deployments, *found.rehearsals)), None)
    return {
        "query": found.query,
        "commit": first.commit if first else None,
        "image": images[0] if images else None,
        "images": images,
        "tests": tests.model_dump(mode="json") if tests else None,
        "rehearsal": rehearsals[0] if rehearsals else None,
        "rehearsals": rehearsals,
        "deployments": [row_json(row) for row in found.deployments],
    }


def _trace_shown(found: Trace) -> Group:
    parts: list[RenderableType] = [_image_shown(image) for image in found.images]
    for title, rows in (("Rehearsals", found.rehearsals), ("Deployments", found.deployments)):
        parts.append(Text(f"\n{title}", "bold"))
        parts.append(history_table(list(rows)) if rows else Text("none", "dim"))
        parts += [shown for row in rows if (shown := _evidence_shown(row)) is not None]
    return Group(*parts)


def _evidence_shown(row: Row) -> RenderableType | None:
    """What a rehearsal, or a deployment, knows of the database, in a few lines; None where that is nothing."""
    lines = {
        "migrations": led(row.revision_before, row.revision, row.migrations),
        "each": "; ".join(map(str, row.migrations)) if len(row.migrations) > 1 else "",
        "copy": str(row.copied or ""),
        "way back": str(row.way_back or ""),
        "brought": str(row.brought or ""),
        "backup": row.backup or "",
        "configuration": row.configuration,
        "reason": row.reason,
        "error": row.error or "",
        "hosts": "\n".join(map(str, row.hosts)),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in lines.items():
        if value:
            table.add_row(Text(name, "dim"), Text(plain(value)))
    if not table.row_count:
        return None
    return Group(Text(f"\n{row.kind} of {row.version}, {local_time(row.at)}", "dim"), table)


def _image_shown(image: Image) -> Table:
    table = Table.grid(padding=(0, 2))
    lines = {
        "image": f"{image.repository} {image.version}",
        "digest": image.digest,
        **{each.name: f"{each.digest}, built from {each.built_from[:12]}" for each in image.images},
        "commit": f"{image.commit} ({plain(image.branch)})",
        "built from": "the same commit" if image.built_from == image.commit else image.built_from,
        "tags": ", ".join(image.tags),
        "lint": f"{image.lint.errors} errors, {image.lint.warnings} warnings" if image.lint else "not known",
        "tests": str(image.tests) if image.tests else "not known",
        "pushed": f"{local_time(image.at)}, run {image.run[:8]}" if image.at else "",
    }
    for name, value in lines.items():
        table.add_row(Text(name, "dim"), Text(value))
    return table
